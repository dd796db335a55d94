// The phone's page: messages as they come.
'use strict';
const assert = require('node:assert/strict');
const { command, serve } = require('./countersign.js');
const { announced, holds, message, shows, stayed, stays } = require('./desk.js');
const { clients } = require('./scene.js');

const number = '60-123456789', other = '60-198765432';

shows('a message appears on all open pages without a reload', {}, async ({ t, server, open }) => {
  const pages = [await open('/'), await open('/')];
  pages.push(await open('/', { beside: pages[0] }));
  for (const page of pages) {
    await page.getByText('No message yet').waitFor();
    await stays(page);
  }
  const { at } = await server.init(number);
  const code = await server.code();
  for (const page of pages) {
    await message(page, code).waitFor();
    t.diagnostic(`the message is shown ${Math.round(performance.now() - at)} ms after the answer`);
    await announced(page, new RegExp(code));
    await stayed(page);
  }
  await pages[0].close(); // the page that listened for both
  await server.init(other);
  await message(pages[2], await server.code()).waitFor();
});

shows('each phone has its messages alone', {}, async ({ server, open }) => {
  await server.init(number);
  const [{ code }] = await server.messages();
  const page = await open('/');
  const filter = page.getByRole('textbox', { name: 'Only messages to' });
  await filter.fill('+60 19-876 5432');
  await filter.press('Enter');
  await page.getByText('A message arrives here').waitFor();
  assert.equal(await page.getByRole('article').count(), 0);
  await holds(page);
  await stays(page);
  await server.init(other);
  await message(page, await server.code()).waitFor();
  assert.equal(await page.getByText(code).count(), 0);
  await stayed(page);
  await page.getByRole('link', { name: 'Show all messages' }).click();
  await message(page, code).waitFor();
  await filter.fill('no number');
  await filter.press('Enter');
  await page.getByText('No message is shown').waitFor();
  assert.equal(await filter.inputValue(), 'no number');
  await holds(page);
});

for (const [receipts, reason] of [['delivered', /delivered/], ['undelivered', /unreachable|out of reach/]]) {
  shows(`the receipt appears: ${receipts}`, { serve: { args: ['--receipts', receipts] } }, async ({ server, open }) => {
    const page = await open('/');
    await server.init(number);
    const shown = message(page, await server.code());
    await stays(page);
    await shown.filter({ hasText: reason }).waitFor();
    await stayed(page);
    await holds(page);
  });
}

shows('languages have their direction', { before: clients }, async ({ server, open }) => {
  const page = await open('/');
  const direction = async text => message(page, text).locator('.body').first().evaluate(
    e => getComputedStyle(e).direction);
  await server.init('966-512345678', { client: 'shop', env: { language: 'ar' } });
  const arabic = await server.code();
  await server.init(number, { client: 'shop' });
  const english = await server.code();
  assert.equal(await direction(arabic), 'rtl');
  assert.equal(await direction(english), 'ltr');
  await holds(page);
});

shows('a message is text, whatever it has', {
  before: data => command(data, 'client', 'add', 'markup', '--unsigned', '--country', '*',
    '--text', 'en=<img src=//example.com/x onerror=alert(1)> {code} <b>{brand}</b>'),
}, async ({ server, open }) => {
  const page = await open('/');
  await server.init(number, { client: 'markup' });
  await message(page, `onerror=alert(1)> ${await server.code()} <b>`).waitFor();
  assert.equal(await page.getByRole('article').locator('img, b').count(), 0);
});

shows('the oldest messages are pages away, and all can be removed', {
  before: clients,
}, async ({ server, open }) => {
  for (let i = 0; i < 60; i++) await server.init(`44-77${String(i).padStart(2, '0')}900123`, { client: 'acme' });
  const page = await open('/');
  const [first] = (await server.messages()).slice(-1);
  await page.getByRole('link', { name: 'Show older messages' }).click();
  await message(page, first.code).waitFor();
  await page.getByRole('link', { name: 'Show the newest' }).click();
  await page.getByText('Empty the outbox').click();
  await page.getByRole('button', { name: 'Remove all messages' }).click();
  await page.getByText('No message yet').waitFor();
  assert.deepEqual(await server.messages(), []);
});

shows('a page catches up after a restart of the server', {
  expected: [/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING/],
}, async ({ t, data, server, open }) => {
  const page = await open('/');
  await stays(page);
  await server.stop();
  const next = await serve(t, { data, port: server.port });
  await next.init(number);
  await message(page, await next.code()).waitFor();
  await stayed(page);
});

shows('without JavaScript the page has the messages', {}, async ({ server, open }) => {
  await server.init(number);
  const page = await open('/', { javaScriptEnabled: false });
  await message(page, await server.code()).waitFor();
});
