// A web page of a stranger, which a person has open beside the console: what the browser does for it, and the server.
'use strict';
const assert = require('node:assert/strict');
const { once } = require('node:events');
const http = require('node:http');
const { holds, shows } = require('./desk.js');

// stranger serves pages of another site, and returns its address.
async function stranger(t, page) {
  const server = http.createServer((request, answer) => {
    answer.setHeader('Content-Type', 'text/html');
    answer.end('<!doctype html><title>A stranger</title>' + page(request.url));
  }).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  return `http://localhost:${server.address().port}`;
}

// tries has the browser load, send and open what the page's own server does not have. It runs in the page, and returns
// what came.
async function tries(target) {
  const came = [], ended = [], paths = ['/_dev/messages', '/console/console.js', '/console/guard', '/console/icon.svg'];
  const wait = element => ended.push(new Promise(done => { element.onerror = element.onload = done; }));
  for (const path of paths) {
    for (const kind of ['script', 'img', 'link']) {
      const element = document.createElement(kind);
      element.rel = 'stylesheet';
      element.addEventListener('load', () => came.push(`${kind} ${path}`));
      wait(element);
      element[kind === 'link' ? 'href' : 'src'] = target + path;
      document.head.append(element);
    }
    for (const [method, mode] of [['GET', 'cors'], ['GET', 'no-cors'], ['POST', 'cors'], ['DELETE', 'cors']]) {
      ended.push(fetch(target + path, { method, mode }).then(() => came.push(`${method} ${mode} ${path}`), () => {}));
    }
  }
  for (const enctype of ['application/x-www-form-urlencoded', 'multipart/form-data', 'text/plain']) {
    const frame = document.createElement('iframe'), form = document.createElement('form');
    frame.name = form.target = enctype;
    Object.assign(form, { method: 'post', enctype, action: target + '/console/messages/empty' });
    document.body.append(frame, form);
    form.submit();
  }
  const live = new EventSource(target + '/console/live');
  ended.push(new Promise(done => { live.onerror = done; live.onopen = () => { came.push('live'); done(); }; }));
  await Promise.all(ended);
  return came;
}

const expected = [/./]; // a stranger is full of faults

shows('a page of another site loads and sends nothing', { expected }, async ({ t, server, open }) => {
  await server.init('60-123456789');
  const page = await open(await stranger(t, () => ''));
  const { port } = new URL(server.url);
  for (const host of ['127.0.0.1', '[::ffff:127.0.0.1]']) {
    assert.deepEqual(await page.evaluate(tries, `http://${host}:${port}`), [], host);
  }
  const messages = await (await fetch(server.url + '/_dev/messages')).json();
  assert.equal(messages.length, 1, 'the outbox was emptied');
});

shows('a page that a script of another site opens asks first', { expected }, async ({ t, server, open }) => {
  const link = `${server.url}/console/settings`;
  // It opens the page at once: what playwright runs in a page counts as a click.
  const site = await stranger(t, url => url === '/script'
    ? `<script>location = '${link}';</script>` : `<a href="${link}">Settings</a>`);
  const page = await open(site + '/script');
  await page.getByRole('heading', { name: 'Open this page?' }).waitFor();
  await holds(page);
  await page.getByRole('link', { name: 'Open the page' }).click();
  await page.getByRole('heading', { name: 'Settings', level: 1 }).waitFor();
  assert.equal(page.url(), link);

  const beside = await open(site);
  await beside.getByRole('link').click(); // a person's click is enough
  await beside.getByRole('heading', { name: 'Settings', level: 1 }).waitFor();
});
