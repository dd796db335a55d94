// What happened: the list of facts, the life of a challenge, and the search.
'use strict';
const assert = require('node:assert/strict');
const { holds, shows, stayed, stays } = require('./desk.js');
const { wrong } = require('./scene.js');

shows('what happens is listed without a reload', {}, async ({ t, server, open }) => {
  const page = await open('/console/happened');
  await page.getByText('Nothing happened since').waitFor();
  await stays(page);
  const sent = await server.init('60-123456789');
  await page.getByRole('row').filter({ hasText: sent.authenticationId }).first().waitFor();
  t.diagnostic(`the fact is shown ${Math.round(performance.now() - sent.at)} ms after the answer`);
  assert.equal(await page.getByText('123456789').count(), 0, 'the number in full');
  await stayed(page);
  await holds(page);
});

shows('the life of a challenge goes on while the page is open', {}, async ({ server, open }) => {
  const sent = await server.init('60-123456789');
  const page = await open('/console/happened');
  await page.getByRole('link', { name: sent.authenticationId }).first().click();
  await page.getByRole('heading', { name: 'Time line' }).waitFor();
  await holds(page);
  await stays(page);
  const state = page.getByRole('definition');
  await state.filter({ hasText: '0 of 5 used' }).waitFor();
  for (let i = 1; i <= 2; i++) {
    await server.verify(sent, await wrong(server));
    await state.filter({ hasText: `${i} of 5 used` }).waitFor();
  }
  await page.getByRole('listitem').filter({ hasText: /delivered/ }).first().waitFor();
  await server.verify(sent, await server.code());
  await state.filter({ hasText: /^passed/ }).waitFor();
  await stayed(page);
  await holds(page);
});

shows('a number and a challenge are found, and mistakes have a reason', {}, async ({ server, open }) => {
  const { authenticationId } = await server.init('60-123456789');
  const page = await open('/console/happened');
  const number = page.getByRole('textbox', { name: 'Number', exact: true });
  const find = page.getByRole('button', { name: 'Find', exact: true });
  for (const [typed, reason] of [['60 1', /is not possible/], ['<b>7</b>', /is not possible/]]) {
    await number.fill(typed);
    await find.click();
    await page.getByText(reason).waitFor();
    assert.equal(await number.inputValue(), typed);
  }
  await holds(page);
  await number.fill('+60 12-345 6789');
  await find.click();
  await page.getByRole('heading', { name: 'Its challenges' }).waitFor();
  assert.doesNotMatch(page.url(), /123456789/);
  await holds(page);
  await page.goto('/console/happened');
  await page.getByRole('textbox', { name: 'or authenticationId' }).fill(authenticationId);
  await find.click();
  await page.getByRole('heading', { name: 'Time line' }).waitFor();
});

shows('without JavaScript a number is found', {}, async ({ server, open }) => {
  await server.init('60-123456789');
  const page = await open('/console/happened', { javaScriptEnabled: false });
  await page.getByRole('textbox', { name: 'Number', exact: true }).fill('+60 12-345 6789');
  await page.getByRole('textbox', { name: 'Number', exact: true }).press('Enter');
  await page.getByRole('heading', { name: 'Its challenges' }).waitFor();
});
