// A folder in which something of each kind has happened, for tests of filled pages and for pictures of them.
'use strict';
const { command } = require('./countersign.js');

// clients adds two clients.
exports.clients = async (data, ...store) => {
  await command(data, 'client', 'add', 'acme', '--generate-key', '--unsigned', '--unimatrix', 'simple',
    '--country', '*', '--brand', 'Acme', '--site', 'acme.example', '--cooldown', '0s', '--sender-id', 'ACME', ...store);
  await command(data, 'client', 'add', 'shop', '--unsigned', '--country', 'MY,SA,JP', '--brand', 'Shop',
    '--cooldown', '0s', ...store);
};

// happen sends and answers messages, so that each page has something to show. It returns the challenge that passed.
exports.happen = async server => {
  await burst(server);
  await server.init('966-512345678', { client: 'shop', env: { language: 'ar' } });
  await server.init('81-9012345678', { client: 'shop', env: { language: 'ja' } });
  const locked = await server.init('44-7700900123', { client: 'acme' });
  for (let i = 0; i < 5; i++) await server.verify(locked, await wrong(server));
  const passed = await server.init('60-123456789', { client: 'acme' });
  await server.verify(passed, await wrong(server));
  await server.verify(passed, await server.code());
  return passed;
};

// burst asks for codes of adjacent numbers until the guard refuses.
async function burst(server) {
  for (let i = 0; i < 12; i++) await server.init(`60-1987600${10 + i}`, { client: 'shop' });
}
exports.burst = burst;

// wrong returns a code that is not that of the newest message.
async function wrong(server) {
  const code = await server.code();
  return code.replace(/.$/, digit => (+digit + 1) % 10);
}
exports.wrong = wrong;
