// countersign console: the pages of tables, on a DynamoDB engine.
'use strict';
const assert = require('node:assert/strict');
const { runConsole, serve, startEngine } = require('./countersign.js');
const { holds, pages, shows } = require('./desk.js');
const { clients, happen } = require('./scene.js');

const skip = !process.env.DYNAMODB_ENGINE && process.env.CI !== 'true' && 'make tools installs the DynamoDB engine';

shows('the console of tables has no messages, and only reads', { server: false, skip }, async ({ t, data, open }) => {
  const engine = ['--store', 'dynamodb', '--dynamodb-endpoint', await startEngine(t)];
  await clients(data, ...engine);
  const server = await serve(t, { data, args: engine });
  const passed = await happen(server);
  await server.stop();
  const { url } = await runConsole(t, data, ...engine);
  const page = await open('/', { url });
  await page.getByRole('heading', { level: 1, name: 'What happened' }).waitFor();
  const asked = [];
  page.on('request', request => asked.push(new URL(request.url()).pathname));
  assert.deepEqual(await pages(page).allTextContents(), ['What happened', 'Clients', 'Guard', 'Settings', 'API']);
  for (const name of ['What happened', 'Clients', 'Guard', 'Settings']) {
    await pages(page).filter({ hasText: name }).click();
    await page.getByRole('heading', { level: 1, name }).waitFor();
    await holds(page);
  }
  assert.deepEqual(asked.filter(path => /guard|live/.test(path)), ['/console/guard'], 'a page of tables is read once');
  await page.goto('/console/happened');
  await page.getByRole('textbox', { name: 'or authenticationId' }).fill(passed.authenticationId);
  await page.getByRole('button', { name: 'Find', exact: true }).click();
  await page.getByRole('heading', { name: 'Time line' }).waitFor();
  await holds(page);
  for (const absent of ['Use this code', 'Send the code']) {
    assert.equal(await page.getByRole('button', { name: absent }).count(), 0);
  }
});
