// Live pages: what changes comes, and what the reader does stays.
'use strict';
const assert = require('node:assert/strict');
const { announced, message, shows } = require('./desk.js');

// tabs opens pages of one browser, which share their connections.
async function tabs(open, count) {
  const first = await open('/');
  const more = await Promise.all(Array.from({ length: count - 1 }, () => open('/', { beside: first })));
  return [first, ...more];
}

// hide makes a page believe that it is hidden, or seen again.
const hide = (page, hidden) => page.evaluate(state => {
  Object.defineProperty(document, 'hidden', { configurable: true, value: state });
  document.dispatchEvent(new Event('visibilitychange'));
}, hidden);

const said = page => page.getByRole('status').textContent();

shows('what is open, selected and focused stays while messages and receipts come', {}, async ({ server, open }) => {
  await server.init('60-123456789');
  const code = await server.code(), page = await open('/');
  await page.getByText('Empty the outbox').click();
  await message(page, code).getByRole('link', { name: 'What happened' }).focus();
  await page.evaluate(() => {
    window.first = document.querySelector('article');
    getSelection().selectAllChildren(window.first.querySelector('.body'));
    window.selected = String(getSelection());
  });
  await server.init('60-123456788');
  await message(page, await server.code()).waitFor();
  await message(page, code).getByText('delivered').waitFor();
  const kept = await page.evaluate(() => ({
    open: document.getElementById('emptying').open,
    focus: window.first.contains(document.activeElement) && document.activeElement.textContent,
    selected: String(getSelection()) === window.selected && window.selected !== '',
    same: document.querySelectorAll('article')[1] === window.first,
  }));
  assert.deepEqual(kept, { open: true, focus: 'What happened', selected: true, same: true });
});

shows('eight tabs of a browser are live', {}, async ({ server, open }) => {
  const pages = await tabs(open, 8);
  await server.init('60-123456789');
  const code = await server.code();
  for (const page of pages) await message(page, code).waitFor();
  await pages[0].close(); // which may have the connection
  await server.init('60-123456788');
  const next = await server.code();
  for (const page of pages.slice(1)) await message(page, next).waitFor();
});

shows('a hidden tab leaves the connection, and catches up', {}, async ({ server, open }) => {
  const [one, two] = await tabs(open, 2);
  await hide(one, true);
  await server.init('60-123456789');
  const code = await server.code();
  await message(two, code).waitFor();
  assert.equal(await message(one, code).count(), 0, 'a hidden tab loaded what is new');
  await hide(two, true);
  await hide(one, false);
  await message(one, code).waitFor();
  await server.init('60-123456788');
  await message(one, await server.code()).waitFor();
});

shows('a screen reader hears what is new, once', {}, async ({ server, open }) => {
  await server.init('60-123456789');
  const page = await open('/');
  await message(page, await server.code()).getByText('delivered').waitFor();
  assert.equal(await said(page), '', 'what was there is no news');
  await page.evaluate(() => {
    window.heard = [];
    new MutationObserver(() => window.heard.push(document.getElementById('status').textContent))
      .observe(document.getElementById('status'), { childList: true, characterData: true, subtree: true });
  });
  await server.init('60-123456788');
  const code = await server.code();
  await announced(page, code);
  await message(page, code).getByText('delivered').waitFor();
  assert.equal((await page.evaluate(() => window.heard)).length, 1, 'said again');
});

shows('a burst leaves the newest messages, in their order', {}, async ({ server, open }) => {
  const page = await open('/');
  await Promise.all(Array.from({ length: 90 }, (_, n) => server.init(`60-1${String(n * 10007).padStart(8, '2')}`)));
  const ids = (await server.messages()).slice(0, 50).map(({ id }) => `message-${id}`);
  assert.equal(ids.length, 50);
  await page.waitForFunction(first => document.querySelector('article')?.id === first, ids[0]);
  assert.deepEqual(await page.evaluate(() => [...document.querySelectorAll('article')].map(({ id }) => id)), ids);
});

shows('focus in a message that goes stays in the phone', {}, async ({ server, open }) => {
  await server.init('60-123456789');
  const page = await open('/');
  await page.getByRole('link', { name: 'What happened' }).nth(1).focus();
  await fetch(`${server.url}/_dev/messages`, { method: 'DELETE' });
  await page.getByText('No message yet').waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.id), 'messages');
});

shows('a code is put into the field of Try it', {}, async ({ server, open }) => {
  const page = await open('/');
  await server.init('60-123456788');
  await message(page, await server.code()).waitFor();
  assert.equal(await page.getByRole('button', { name: 'Use this code' }).count(), 0, 'there is no field for a code');
  await page.getByRole('textbox', { name: 'Number', exact: true }).fill('+60123456789');
  await page.getByRole('button', { name: 'Send the code' }).click();
  const arrived = page.getByRole('article').filter({ hasText: '+60123456789' });
  await arrived.getByRole('button', { name: 'Use this code' }).click();
  assert.equal(await page.locator('#code').inputValue(), await server.code());
});
