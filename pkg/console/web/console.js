// Adds two things to pages that work without it: what changed is loaded, and forms are sent without leaving the page.
'use strict';

// merge makes a part of the page equal to a new one. Elements with the same id and the same text stay, with their focus
// and what is selected or open in them.
function merge(part, fresh) {
  const old = new Map();
  for (const child of part.children) if (child.id) old.set(child.id, child);
  const wanted = [];
  for (const child of [...fresh.children]) {
    const same = child.id && old.get(child.id);
    wanted.push(same && same.outerHTML === child.outerHTML ? same : document.adoptNode(child));
  }
  const stays = new Set(wanted);
  for (const child of [...part.childNodes]) if (!stays.has(child)) child.remove();
  wanted.forEach((child, i) => {
    if (part.children[i] !== child) part.insertBefore(child, part.children[i] || null);
  });
}

// take replaces the named parts of the page by those of a new one.
function take(page, ids) {
  for (const id of ids) {
    const part = document.getElementById(id), fresh = page.getElementById(id);
    if (!part || !fresh) continue;
    for (const { name, value } of fresh.attributes) part.setAttribute(name, value);
    merge(part, fresh);
  }
}

async function load(address, options) {
  const answer = await fetch(address, options);
  return new DOMParser().parseFromString(await answer.text(), 'text/html');
}

// say has screen readers read a text.
function say(text) {
  const status = document.getElementById('status');
  if (text && status.textContent !== text) status.textContent = text;
}

// Live parts: data-live has the topics that they show, data-news of a child what is said of it when it is new.
const live = [...document.querySelectorAll('[data-live]')];
let loading = false, again = false;

async function refresh() {
  if (loading) { again = true; return; }
  loading = true;
  try {
    const page = await load(location.href);
    for (const part of live) {
      const first = part.firstElementChild?.id;
      take(page, [part.id]);
      const now = part.firstElementChild;
      if (now && now.id !== first) say(now.dataset.news);
    }
  } catch { /* the server is gone; the next connection loads again */ }
  loading = false;
  if (again) { again = false; refresh(); }
}

let source = null;
function listen() {
  if (source || !live.length || document.hidden) return;
  source = new EventSource('/console/live');
  let first = true;
  source.onopen = () => { if (!first) refresh(); first = false; };
  const topics = new Set(live.flatMap(part => part.dataset.live.split(' ')));
  for (const topic of topics) source.addEventListener(topic, refresh);
}
// A hidden page leaves its connection to others: a browser has six for each server.
document.addEventListener('visibilitychange', () => {
  if (document.hidden && source) { source.close(); source = null; return; }
  if (!document.hidden && !source) { listen(); if (live.length) refresh(); }
});
listen();

// Forms: data-parts has the ids of the parts that the answer replaces.
document.addEventListener('submit', async event => {
  const form = event.target, parts = form.dataset.parts;
  if (!parts) return;
  event.preventDefault();
  const fields = new URLSearchParams(new FormData(form, event.submitter));
  const button = event.submitter;
  if (button) button.setAttribute('aria-busy', 'true');
  try {
    const page = await load(button?.getAttribute('formaction') || form.getAttribute('action'), { method: 'POST', body: fields });
    take(page, parts.split(' '));
    const news = document.querySelector('#' + parts.split(' ')[0] + ' [data-news]');
    say(news?.dataset.news);
    document.querySelector('#' + parts.split(' ')[0] + ' [autofocus]')?.focus();
  } catch {
    say('The server does not answer.');
  }
  if (button) button.removeAttribute('aria-busy');
});

// Buttons with data-copy copy the text of the element with that id. One with data-fill puts data-value into a field.
document.addEventListener('click', async event => {
  const button = event.target.closest('button[data-copy], button[data-fill]');
  if (!button) return;
  if (button.dataset.copy) {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    say('Copied.');
    return;
  }
  const field = document.getElementById(button.dataset.fill);
  if (!field) return;
  field.value = button.dataset.value;
  field.focus();
});
