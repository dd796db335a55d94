// Adds two things to pages that work without it: what changed is loaded, and forms are sent without leaving the page.
'use strict';
document.documentElement.classList.add('js'); // buttons that need it are shown

// own are the attributes that this file and the reader set.
const own = ['open', 'tabindex', 'aria-busy', 'data-arrived'];

// update makes an element equal to a new one. What is the same stays, with its focus, its selection, and what the reader
// opened or typed in it. With opens, what the server opened is opened too.
function update(old, fresh, opens) {
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && !own.includes(name)) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if ((opens || name !== 'open') && old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  const byID = new Map(), wanted = new Set([...fresh.children].map(child => child.id));
  for (const child of [...old.children]) {
    if (!child.id) continue;
    if (wanted.has(child.id)) byID.set(child.id, child); else drop(child);
  }
  let at = old.firstChild;
  for (const child of [...fresh.childNodes]) {
    let same = child.id ? byID.get(child.id) : null;
    if (!child.id) { // the next one without an id, up to one with
      for (same = at; same && !same.id && same.nodeName !== child.nodeName;) same = same.nextSibling;
      if (same?.id) same = null;
    }
    if (!same || same.nodeName !== child.nodeName) {
      const added = document.importNode(child, true);
      if (added.id) added.setAttribute('data-arrived', '');
      old.insertBefore(added, at);
      continue;
    }
    while (at && at !== same && !at.id) at = drop(at);
    if (at === same) at = at.nextSibling; else old.insertBefore(same, at);
    if (same.nodeType !== Node.ELEMENT_NODE) {
      if (same.data !== child.data) same.data = child.data;
    } else if (!same.isEqualNode(child)) {
      update(same, child, opens);
    }
  }
  while (at) at = drop(at);
}

// drop removes a node, and returns the one behind it. Focus in it goes to the live part, not to the top of the page.
function drop(node) {
  const next = node.nextSibling, part = node.parentElement;
  const focused = node.contains(document.activeElement) && node.nodeType === Node.ELEMENT_NODE;
  node.remove();
  if (focused) { part.tabIndex = -1; part.focus({ preventScroll: true }); }
  return next;
}

// take replaces the named parts of the page by those of a new one.
function take(page, ids, opens) {
  for (const id of ids) {
    const part = document.getElementById(id), fresh = page.getElementById(id);
    if (part && fresh) update(part, fresh, opens);
  }
}

async function load(address, options) {
  const answer = await fetch(address, options);
  return new DOMParser().parseFromString(await answer.text(), 'text/html');
}

// say has screen readers read a text. The answer to a form is not lost when news come right behind it.
let answer = { text: '', until: 0 };
function say(text) {
  const status = document.getElementById('status');
  if (text && performance.now() < answer.until) text = `${answer.text} ${text}`;
  if (text) status.textContent = status.textContent === text ? text + '\u00a0' : text; // the same is said again
}

// Live parts: data-live has the topics that they show, data-news of a child what is said of it when it is new. The pages
// of deployed tables have none: nothing is read that the reader did not ask for.
const live = () => [...document.querySelectorAll('.live [data-live]')];
const shows = topic => live().some(part => part.dataset.live.split(' ').includes(topic));
const wait = ms => new Promise(done => setTimeout(done, ms));

// news returns what is said of the children of a part that are new: those before the first one that was there.
function news(part, before) {
  const fresh = [];
  for (const child of part.children) {
    if (before.has(child.id)) break;
    if (child.dataset.news) fresh.push(child.dataset.news);
  }
  return fresh.length > 1 ? `${fresh.length} are new. ${fresh[0]}` : fresh[0];
}

let loading = false, again = false;

async function refresh() {
  if (loading) { again = true; return; }
  loading = true;
  do {
    again = false;
    const begun = performance.now();
    try {
      const page = await load(location.href);
      for (const part of live()) {
        const before = new Set([...part.children].map(child => child.id).filter(Boolean));
        take(page, [part.id]);
        say(news(part, before));
      }
    } catch { /* the server is gone; the next connection loads again */ }
    if (again) await wait(Math.min(1000, 3 * (performance.now() - begun))); // a busy server has more to do than this page
  } while (again && !document.hidden);
  loading = false;
}

// A browser has six connections for each server, so one page of all holds one, and tells the others. It is a page that
// is seen: a hidden one leaves, and loads what is new when it is seen again.
const pages = new BroadcastChannel('countersign');
pages.onmessage = event => hear(event.data);
function hear(topic) { // 'all' after each connection, 'away' without one
  document.documentElement.classList.toggle('away', topic === 'away');
  if (!document.hidden && (topic === 'all' ? live().length : shows(topic))) refresh();
}
function pass(topic) {
  pages.postMessage(topic);
  hear(topic);
}
const locks = navigator.locks || { request: (name, options, work) => work() }; // a browser may not have them here

let turn = null; // for the connection, or with it
function listen() {
  if (turn || document.hidden || !live().length) return;
  const mine = turn = new AbortController();
  const over = new Promise(done => mine.signal.addEventListener('abort', done));
  const meanwhile = setTimeout(refresh, 100); // another page has the connection, which opened before this page was made
  over.then(() => clearTimeout(meanwhile));
  locks.request('countersign', { signal: mine.signal }, async () => {
    clearTimeout(meanwhile); // what is new is loaded once the connection is open
    let source = null;
    const connect = () => {
      if (mine.signal.aborted) return;
      source = new EventSource('/console/live');
      source.onopen = () => pass('all'); // what happened since the page was made, or the server was gone
      source.onmessage = event => pass(event.data);
      source.onerror = () => {
        pass('away');
        if (source.readyState === EventSource.CLOSED) setTimeout(connect, 5000); // refused: too many pages
      };
    };
    connect();
    await over;
    source.close();
  }).catch(() => {}); // it left before its turn
}
function leave() {
  turn?.abort();
  turn = null;
}
document.addEventListener('visibilitychange', () => {
  if (document.hidden) leave(); else listen();
});
addEventListener('pagehide', leave);
addEventListener('pageshow', event => { if (event.persisted) listen(); });
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
    const address = button?.getAttribute('formaction') || form.getAttribute('action');
    const page = await load(address, { method: 'POST', body: fields });
    take(page, parts.split(' '), true);
    for (const id of parts.split(' ')) { // the fields have what the server returned
      const part = document.getElementById(id);
      for (const field of part?.querySelectorAll('input, select') || []) reset(field);
    }
    const said = document.querySelector('#' + parts.split(' ')[0] + ' [data-news]');
    answer.until = 0;
    say(said?.dataset.news);
    answer = { text: said?.dataset.news || '', until: performance.now() + 5000 };
    document.querySelector('#' + parts.split(' ')[0] + ' [autofocus]')?.focus();
  } catch {
    say('The server does not answer.');
  }
  if (button) button.removeAttribute('aria-busy');
});

// reset gives a field the value that the server gave it.
function reset(field) {
  if (field.tagName === 'SELECT') {
    for (const option of field.options) option.selected = option.defaultSelected;
    if (field.selectedIndex < 0 && !field.multiple) field.selectedIndex = 0;
  } else if (field.type === 'checkbox' || field.type === 'radio') {
    field.checked = field.defaultChecked;
  } else {
    field.value = field.defaultValue;
  }
}

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
