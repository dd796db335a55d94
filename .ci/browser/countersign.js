// The program under test: each server is a process of it with a folder of its own, and is called as clients call it.
'use strict';
const { spawn, execFile } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs/promises');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const readline = require('node:readline');
const { promisify } = require('node:util');

const program = process.env.COUNTERSIGN_PROGRAM; // see run
const env = { PATH: process.env.PATH }; // without the settings of who runs the tests

// folder returns a new, empty folder, which is removed when the test ends.
exports.folder = async t => {
  const data = await fs.mkdtemp(path.join(os.tmpdir(), 'console-'));
  t.after(() => fs.rm(data, { recursive: true, force: true }));
  return data;
};

// command runs a command on a folder, and returns what it prints.
exports.command = async (data, ...args) =>
  (await promisify(execFile)(program, [...args, '--data', data], { env })).stdout;

// start runs a command that serves until the test ends, and reads its address. stop ends it before that.
async function start(t, args, settings) {
  const child = spawn(program, args, { env: { ...env, ...settings }, stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  child.stderr.on('data', text => { log += text; });
  const exit = once(child, 'exit');
  const stop = async () => { child.kill('SIGTERM'); await exit; };
  t.after(stop);
  const lines = readline.createInterface({ input: child.stdout });
  const ready = once(lines, 'line').then(([line]) => line.replace(/^ready /, ''));
  const url = await Promise.race([ready, exit.then(([code]) => { throw new Error(`exit ${code}: ${log}`); })]);
  return { url, stop, log: () => log };
}

// serve starts the local server. listen is a port, if it has to be a certain one.
exports.serve = async (t, { data, port = 0, args = [], settings = {} }) =>
  new Server(data, await start(t, ['serve', '--listen', `127.0.0.1:${port}`, '--data', data, ...args], settings));

// runConsole starts the console of tables.
exports.runConsole = (t, data, ...args) =>
  start(t, ['console', '--listen', '127.0.0.1:0', '--data', data, ...args]);

// startEngine starts the DynamoDB engine of the tests with tables in memory, and returns its address. It does not say
// which port it took, so it is given a free one.
exports.startEngine = async t => {
  const port = await freePort();
  const child = spawn(process.env.DYNAMODB_ENGINE, ['serve', '--host', '127.0.0.1', '--port', port], { env });
  const exit = once(child, 'exit');
  t.after(async () => { child.kill('SIGTERM'); await exit; });
  for await (const line of readline.createInterface({ input: child.stderr })) {
    if (/listening/i.test(line)) return `http://127.0.0.1:${port}`;
  }
  throw new Error('the DynamoDB engine ended');
};

async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

let requests = 0;
const unique = () => `browser-${process.pid}-${++requests}`;

class Server {
  constructor(data, { url, stop, log }) { Object.assign(this, { data, url, stop, log }); }

  get port() { return new URL(this.url).port; }

  async post(target, body, client = 'demo') {
    const answer = await fetch(this.url + target, {
      method: 'POST', body: JSON.stringify(body), headers: { 'Client-Id': client, 'Content-Type': 'application/json' },
    });
    return answer.json();
  }

  // init sends a code in the AMS contract. It returns the ids and the time at which the answer came.
  async init(number, { client = 'demo', ...more } = {}) {
    const request = unique();
    const answer = await this.post('/ams/api/v1/customers/initAuthentication', {
      authenticationRequestId: request, authenticationMethod: 'OTP', authenticationType: 'SMS',
      identityType: 'MOBILENO', identityValue: number, ...more,
    }, client);
    return { ...answer, request, client, at: performance.now() };
  }

  // verify sends a guess.
  verify({ request, client }, code) {
    return this.post('/v1/users/verifyAuthentication', {
      authenticationType: 'OTP', authenticationRequestId: request, authenticationValue: code,
    }, client);
  }

  // messages returns those of the outbox, newest first. Without a number it has those to all numbers.
  async messages(to = '') {
    return (await fetch(`${this.url}/_dev/messages?${new URLSearchParams(to && { to })}`)).json();
  }

  async code() { return (await this.messages())[0].code; }
}
