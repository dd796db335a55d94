// Try it: a code is sent, and typed, through both contracts.
'use strict';
const assert = require('node:assert/strict');
const { command } = require('./countersign.js');
const { announced, holds, shows } = require('./desk.js');
const { wrong } = require('./scene.js');

const contracts = ['AMS/DWS', 'Unimatrix'];
const number = '+60 12-345 6789';

// form returns what a person finds on the page by its name.
const form = page => ({
  contract: name => page.getByRole('radio', { name }),
  client: page.getByRole('combobox', { name: 'Client', exact: true }),
  number: page.getByRole('textbox', { name: 'Number', exact: true }),
  send: page.getByRole('button', { name: 'Send the code' }),
  code: page.getByRole('textbox', { name: 'Code', exact: true }),
  verify: page.getByRole('button', { name: 'Verify' }),
  fresh: page.getByRole('button', { name: 'New id' }),
  again: page.getByRole('button', { name: 'Send again' }),
});

// send fills in the first form as a person does, and sends it.
async function send(page, contract, to = number) {
  const f = form(page);
  await f.contract(contract).check();
  await f.number.click();
  await f.number.fill('');
  await page.keyboard.type(to);
  await f.send.click();
}

// guess types a code.
async function guess(page, code) {
  const { code: field, verify } = form(page);
  await field.fill('');
  await field.pressSequentially(code);
  await verify.click();
}

for (const contract of contracts) {
  shows(`from an empty folder to a verified code, ${contract}`, {}, async ({ server, open }) => {
    const page = await open('/');
    await page.getByText('No message yet').waitFor();
    await send(page, contract);
    await announced(page, /Sent/);
    await page.waitForFunction(() => document.activeElement?.id === 'code');
    const message = page.getByRole('article').filter({ hasText: await server.code() });
    await holds(page);
    await message.getByRole('button', { name: 'Use this code' }).click();
    assert.equal(await form(page).code.inputValue(), await server.code());
    await form(page).verify.click();
    await announced(page, /Passed/);
    await holds(page);
  });

  shows(`wrong codes and the fifth, ${contract}`, {}, async ({ server, open }) => {
    const page = await open('/');
    await send(page, contract);
    await announced(page, /Sent/);
    const code = await wrong(server);
    for (let i = 1; i <= 4; i++) {
      await guess(page, code);
      await page.getByText(`${i} of 5`, { exact: true }).waitFor();
      await announced(page, contract === 'Unimatrix' ? /Not valid/ : /Wrong code/);
    }
    await holds(page);
    await guess(page, code);
    await announced(page, /Locked/);
    await holds(page);
    await guess(page, await server.code()); // the right one is too late
    await announced(page, contract === 'Unimatrix' ? /Locked|Not valid/ : /Locked|No live code/);
    assert.equal(await page.getByText('Passed', { exact: true }).count(), 0);
  });

  shows(`a refused number, ${contract}`, {}, async ({ server, open }) => {
    const page = await open('/');
    await send(page, contract, '60-1'); // the form of AMS/DWS: the contract itself refuses it
    await announced(page, /Refused/);
    await page.getByText(/cannot exist/).first().waitFor();
    await holds(page);
    assert.deepEqual(await server.messages(), []);
  });

  shows(`the same form again sends nothing twice, ${contract}`, {}, async ({ server, open }) => {
    const page = await open('/');
    await send(page, contract);
    await announced(page, /Sent/);
    const { send: button } = form(page);
    await Promise.all([page.waitForResponse(/console.try/), button.click()]);
    await button.dblclick();
    await page.waitForFunction(() => !document.querySelector('[aria-busy]'));
    assert.equal((await server.messages()).length, 1);
  });

  shows(`by keys alone, ${contract}`, {}, async ({ server, open }) => {
    const page = await open('/');
    const f = form(page);
    await tabTo(page, f.contract(contracts[0]));
    if (contract !== contracts[0]) await page.keyboard.press('ArrowDown');
    assert.ok(await f.contract(contract).isChecked());
    await tabTo(page, f.number);
    await page.keyboard.type(number);
    await page.keyboard.press('Enter');
    await announced(page, /Sent/);
    await page.waitForFunction(() => document.activeElement?.id === 'code');
    await page.keyboard.type(await server.code());
    await page.keyboard.press('Enter');
    await announced(page, /Passed/);
    await tabTo(page, f.fresh);
  });

  shows(`without JavaScript, ${contract}`, {}, async ({ server, open }) => {
    const page = await open('/', { javaScriptEnabled: false });
    await send(page, contract);
    await page.getByText('Sent', { exact: true }).waitFor();
    await guess(page, await wrong(server));
    await page.getByText('1 of 5', { exact: true }).waitFor();
    await guess(page, await server.code());
    await page.getByText('Passed', { exact: true }).waitFor();
  });
}

// tabTo presses Tab until an element has the focus. It fails if the focus comes back before.
async function tabTo(page, element) {
  for (let i = 0; i < 100; i++) {
    await page.keyboard.press('Tab');
    if (await element.evaluate(e => e === document.activeElement)) return;
  }
  assert.fail(`Tab does not reach ${element}`);
}

// What people type by mistake, and what the page answers.
const mistakes = [
  ['no number', { Number: '' }, /Type a number/],
  ['words in place of a number', { Number: 'my phone' }, /cannot exist/],
  ['too few digits', { Number: '+60 1' }, /is not possible/],
  ['a long text', { Number: '6'.repeat(301) }, /more than 300 characters/],
  ['markup', { Number: '<script>alert(1)</script>' }, /cannot exist/],
  ['an amount in words', { Amount: 'ten', Currency: 'EUR', Payee: 'Shop' }, /payment: amount/],
  ['half a payment', { Amount: '10.50' }, /payment: currency: is required/],
  ['no id', { authenticationRequestId: '' }, /needs an id/],
];

shows('each mistake has its reason, and nothing is sent', {}, async ({ server, open }) => {
  const page = await open('/');
  for (const [name, fields, reason] of mistakes) {
    await page.goto('/');
    await page.locator('summary').filter({ hasText: 'More fields' }).click();
    await form(page).number.fill(number);
    for (const [label, text] of Object.entries(fields)) await page.getByLabel(label, { exact: true }).fill(text);
    await form(page).send.click();
    await announced(page, /Refused|Not sent/);
    await page.getByText(reason).first().waitFor();
    for (const [label, text] of Object.entries(fields)) {
      assert.equal(await page.getByLabel(label, { exact: true }).first().inputValue(), text, `${name}: what was typed`);
    }
  }
  await holds(page);
  assert.deepEqual(await server.messages(), []);
});

shows('a signing client, and one that may not send there', {
  before: async data => {
    await command(data, 'client', 'add', 'signer', '--generate-key', '--country', 'GB');
  },
}, async ({ server, open }) => {
  const page = await open('/');
  await form(page).client.selectOption('signer');
  await send(page, 'AMS/DWS');
  await announced(page, /Refused/);
  await form(page).fresh.click();
  await send(page, 'AMS/DWS', '+44 7700 900123');
  await announced(page, /Sent/);
  await page.getByText(/accepted until/).waitFor();
  await holds(page);
  await guess(page, await server.code());
  await announced(page, /Passed/);
});
