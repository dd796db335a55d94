// The phone's page with an outbox of 100,000 messages.
'use strict';
const assert = require('node:assert/strict');
const { createHash } = require('node:crypto');
const fs = require('node:fs/promises');
const path = require('node:path');
const { shows } = require('./desk.js');

const many = 100_000;

// outbox writes a file with messages of an hour, to 1,000 numbers.
async function outbox(data) {
  const begin = Date.now() - 3_600_000, lines = [];
  for (let i = 0; i < many; i++) {
    const code = String(i * 7919 % 1_000_000).padStart(6, '0');
    const hash = createHash('md5').update(String(i)).digest('hex');
    const sentAt = new Date(begin + i * 36);
    lines.push(JSON.stringify({
      id: hash.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'), to: `+6012345${String(i % 1000).padStart(4, '0')}`,
      body: `${code} is your Countersign code, valid for 5 minutes.`, code, sentAt,
      expiresAt: new Date(+sentAt + 300_000), client: 'demo',
      authenticationId: `2026112253626${String(i).padStart(22, '0')}`,
    }));
  }
  await fs.writeFile(path.join(data, 'outbox.jsonl'), lines.join('\n') + '\n', { mode: 0o600 });
}

// observe keeps what is slow in the page: its long tasks, and the time from each key to what is drawn then.
function observe() {
  window.slow = { tasks: [], keys: [] };
  new PerformanceObserver(list => {
    window.slow.tasks.push(...list.getEntries().map(e => Math.round(e.duration)));
  }).observe({ type: 'longtask', buffered: true });
  new PerformanceObserver(list => {
    window.slow.keys.push(...list.getEntries().filter(e => e.name.startsWith('key')).map(e => Math.round(e.duration)));
  }).observe({ type: 'event', durationThreshold: 16, buffered: true });
}

// opened reports how long the page took.
async function opened(t, what, page) {
  const { loadEventEnd, responseStart } = await page.evaluate(() =>
    performance.getEntriesByType('navigation')[0].toJSON());
  t.diagnostic(`${what}: answer after ${Math.round(responseStart)} ms, loaded after ${Math.round(loadEventEnd)} ms`);
}

shows('100,000 messages: the page opens and stays responsive', { before: outbox }, async ({ t, server, open }) => {
  const page = await open('/?to=%2B60123450007');
  await page.getByText('+60123450007').first().waitFor();
  assert.ok(await page.getByRole('article').count() > 10, 'messages to one number');
  await opened(t, 'one number', page);
  await page.goto('/');
  await page.getByRole('link', { name: 'Show older messages' }).click();
  await page.getByRole('link', { name: 'Show the newest' }).waitFor();
  await opened(t, 'older messages', page);
  await page.goto('/');
  await opened(t, 'all', page);
  await page.evaluate(observe);
  const filter = page.getByRole('textbox', { name: 'Only messages to' });
  await filter.click();
  const shown = [];
  for (let i = 0; i < 20; i++) {
    const national = `19${10 + i}65432`; // another block of numbers each time, else the guard refuses
    const { at } = await server.init(`60-${national}`);
    const [{ id }] = await server.messages(`+60${national}`);
    await page.keyboard.type(String(i % 10));
    await page.locator(`#message-${id}`).waitFor();
    shown.push(Math.round(performance.now() - at));
  }
  t.diagnostic(`20 messages arrive: each is shown within ${Math.max(...shown)} ms of its answer`);
  assert.equal(await filter.inputValue(), '01234567890123456789', 'what was typed meanwhile');
  const { tasks, keys } = await page.evaluate(() => window.slow);
  t.diagnostic(`long tasks: ${tasks.join(', ') || 'no'} ms; keys of ${keys.join(', ') || 'below 16'} ms`);
});
