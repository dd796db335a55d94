// Takes the pictures of docs/console: see run. Codes and times are others each time.
'use strict';
const path = require('node:path');
const { chromium } = require('playwright-core');
const { folder, serve } = require('./countersign.js');
const { clients, happen } = require('./scene.js');

const wide = { width: 1280, height: 860 }, small = { width: 390, height: 844 };

// send fills in Try it as a person does, and sends a code.
async function send(page) {
  await page.getByRole('combobox', { name: 'Client', exact: true }).selectOption('acme');
  await page.getByRole('textbox', { name: 'Number', exact: true }).fill('+44 7700 900456');
  await page.getByRole('button', { name: 'Send the code' }).click();
  await page.getByText('Sent', { exact: true }).waitFor();
  const newest = page.getByRole('article').first();
  await newest.getByText('the phone has the message').waitFor(); // the receipt
  await newest.getByRole('button', { name: 'Use this code' }).click();
  await page.evaluate(() => window.scrollTo(0, 0));
}

// verify has that code checked, so that what happened is more than messages.
async function verify(page) {
  await page.getByRole('button', { name: 'Verify' }).click();
  await page.getByText('Passed', { exact: true }).waitFor();
}

const pictures = passed => [
  ['phone', '/', { act: send, afterwards: verify, viewport: { width: 1280, height: 1060 } }],
  ['happened', '/console/happened', {}],
  ['challenge', `/console/happened/${passed.authenticationId}?client=acme`, {}],
  ['clients', '/console/clients', { viewport: { width: 1280, height: 560 } }],
  ['guard', '/console/guard', {}],
  ['settings', '/console/settings', {}],
  ['api', '/console/api', {}],
  ['dark', '/', { colorScheme: 'dark' }],
  ['small', '/', { viewport: small }],
];

async function main(to) {
  const undo = [];
  const t = { after: what => undo.unshift(what) };
  try {
    const data = await folder(t);
    await clients(data);
    const server = await serve(t, { data });
    const passed = await happen(server);
    const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ['--no-sandbox'] });
    t.after(() => browser.close());
    for (const [name, address, { act, afterwards, ...more }] of pictures(passed)) {
      const page = await browser.newPage({ baseURL: server.url, viewport: wide, reducedMotion: 'reduce', ...more });
      await page.goto(address);
      await act?.(page);
      await page.screenshot({ path: path.join(to, `${name}.png`) });
      await afterwards?.(page);
      await page.close();
    }
  } finally {
    for (const what of undo) await what();
  }
}

main(process.argv[2]);
