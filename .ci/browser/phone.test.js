// The phone's page: messages as they come.
'use strict';
const assert = require('node:assert/strict');
const { serve } = require('./countersign.js');
const { holds, shows } = require('./desk.js');

// message returns the newest message with a text.
const message = (page, text) => page.getByRole('article').filter({ hasText: text }).first();

shows('a message appears without a reload', {}, async ({ t, server, open }) => {
  const pages = [await open('/'), await open('/')];
  for (const page of pages) {
    await page.getByText('No message yet').waitFor();
    await page.evaluate(() => { window.stays = true; });
  }
  const { at } = await server.init('60-123456789');
  const code = await server.code();
  for (const page of pages) {
    await message(page, code).waitFor();
    t.diagnostic(`the message is shown ${Math.round(performance.now() - at)} ms after the answer`);
    assert.ok(await page.evaluate(() => window.stays), 'the page was loaded again');
  }
});

shows('the phone holds', {}, async ({ server, open }) => {
  const page = await open('/');
  await holds(page);
  await server.init('60-123456789');
  await message(page, await server.code()).waitFor();
  await holds(page);
});

shows('a page catches up after a restart of the server', {
  expected: [/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING/],
}, async ({ t, data, server, open }) => {
  const page = await open('/');
  await page.evaluate(() => { window.stays = true; });
  await server.stop();
  const next = await serve(t, { data, port: server.port });
  await next.init('60-123456789');
  await message(page, await next.code()).waitFor();
  assert.ok(await page.evaluate(() => window.stays), 'the page was loaded again');
});

shows('without JavaScript the page has the messages', {}, async ({ server, open }) => {
  await server.init('60-123456789');
  const page = await open('/', { javaScriptEnabled: false });
  await message(page, await server.code()).waitFor();
});
