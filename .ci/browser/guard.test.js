// The guard's page and that of the clients.
'use strict';
const { command } = require('./countersign.js');
const { holds, shows } = require('./desk.js');
const { burst, clients } = require('./scene.js');

shows('a burst that the guard refuses appears without a reload', { before: clients }, async ({ server, open }) => {
  const page = await open('/console/guard');
  await page.getByText('no message was refused').waitFor();
  await burst(server);
  await page.getByText(/messages? (was|were) refused/).waitFor();
  await page.getByRole('cell').filter({ hasText: 'refusing' }).first().waitFor();
  await holds(page);
  await page.getByRole('link', { name: /^hours/ }).first().click();
  await page.getByRole('heading', { name: /By the hour/ }).waitFor();
  await holds(page);
});

shows('the guard says what is wrong with a filter', { before: clients }, async ({ open }) => {
  const page = await open('/console/guard');
  await page.getByLabel('Client', { exact: true }).fill('nobody');
  await page.getByLabel(/^Country/).fill('Malaysia');
  await page.getByRole('button', { name: 'Show' }).click();
  await page.locator('#guard-country-error').waitFor();
  await holds(page);
});

shows('clients are shown without their secrets', { before: clients }, async ({ data, open }) => {
  await command(data, 'client', 'disable', 'shop');
  const page = await open('/console/clients');
  for (const id of ['demo', 'acme', 'shop']) await page.getByText(id, { exact: true }).first().waitFor();
  await holds(page);
  await page.getByRole('link', { name: 'acme', exact: true }).click();
  await page.getByRole('heading', { level: 1, name: /acme/ }).waitFor();
  await holds(page);
});
