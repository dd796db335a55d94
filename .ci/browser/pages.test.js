// What holds for every page of the navigation.
'use strict';
const assert = require('node:assert/strict');
const { holds, pages, shows } = require('./desk.js');
const { clients, happen } = require('./scene.js');

const names = ['Phone', 'What happened', 'Clients', 'Guard', 'Settings', 'API'];

// visit goes to the pages one after the other, opens what is closed in them, and checks them.
async function visit(page, visited) {
  await page.goto('/');
  assert.deepEqual(await pages(page).allTextContents(), names);
  for (const name of visited) {
    await pages(page).filter({ hasText: name }).click();
    await page.getByRole('heading', { level: 1, name }).waitFor();
    await page.evaluate(() => { for (const closed of document.querySelectorAll('details')) closed.open = true; });
    await holds(page);
  }
}

const small = names.filter(name => name !== 'API'); // which is large, and the same always

shows('each page holds while nothing has happened', {}, async ({ open }) => visit(await open('/'), small));

shows('each page holds when much has happened', { before: clients }, async ({ server, open }) => {
  await happen(server);
  await visit(await open('/'), small);
});

shows('the API holds', {}, async ({ open }) => {
  const page = await open('/console/api');
  await holds(page);
  await page.getByRole('link', { name: 'Unimatrix', exact: true }).first().click();
  await page.getByRole('heading', { level: 2, name: 'Unimatrix' }).waitFor();
});

shows('the first key leads past the navigation', {}, async ({ open }) => {
  const page = await open('/');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.activeElement?.id === 'main');
  await page.keyboard.press('Tab');
  assert.ok(await page.getByRole('textbox', { name: 'Only messages to' }).evaluate(e => e === document.activeElement));
});

shows('the second key leads past the messages', {}, async ({ open }) => {
  const page = await open('/');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  assert.ok(await page.getByRole('radio', { name: 'AMS/DWS' }).evaluate(e => e === document.activeElement));
});

shows('a page that does not exist says so', { expected: [/status of 404/] }, async ({ open }) => {
  const page = await open('/console/nothing');
  await page.getByText('There is no such page').waitFor();
  await holds(page);
  await page.getByRole('link', { name: 'Back to the first page' }).click();
  await page.getByText('No message yet').waitFor();
});
