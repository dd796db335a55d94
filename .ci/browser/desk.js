// What the tests of the console have in common: a server with a folder of its own, a browser with eyes for every fault,
// and the rules that hold for each page in each state.
'use strict';
const assert = require('node:assert/strict');
const { after, test } = require('node:test');
const axe = require('axe-core').source;
const { chromium } = require('playwright-core');
const { folder, serve } = require('./countersign.js');

const patience = 10_000; // ms that a condition may take on a busy machine

let running;
const browser = () => running ??= chromium.launch({
  executablePath: process.env.CHROMIUM,
  // No name is resolved, so that nothing can leave the machine.
  args: ['--no-sandbox', '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost'],
});
after(async () => (await running)?.close());

// shows is a test with a server and pages. It fails if one of the pages reports an error, asks another address, or
// loads something that does not come. What a test provokes, it names in expected.
exports.shows = (name, options, body) => test(name, { timeout: 90_000, skip: options.skip }, async t => {
  const data = await folder(t);
  await options.before?.(data);
  const server = options.server === false ? null : await serve(t, { data, ...options.serve });
  const faults = [], contexts = [];
  // open opens a page: in a browser of its own, or in the one of the page beside it.
  const open = async (address, { beside, ...more } = {}) => {
    if (beside) {
      const page = await beside.context().newPage();
      await page.goto(address);
      return page;
    }
    const context = await (await browser()).newContext({
      baseURL: more.url ?? server.url, viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce', ...more,
    });
    contexts.push(context);
    context.setDefaultTimeout(patience);
    watch(context, faults, more.url ?? server.url);
    const page = await context.newPage();
    await page.goto(address);
    return page;
  };
  try {
    await body({ t, data, server, open });
  } finally {
    for (const context of contexts) await context.close();
  }
  const unexpected = faults.filter(fault => !(options.expected ?? []).some(pattern => pattern.test(fault)));
  assert.deepEqual(unexpected, [], 'errors and foreign requests in the browser');
  if (server) assert.doesNotMatch(server.log(), /level=ERROR/);
});

// watch collects the faults of all pages of a context.
function watch(context, faults, url) {
  context.on('console', message => {
    if (message.type() === 'error' || message.type() === 'warning') {
      if (!refusal(message.text())) faults.push(`console: ${message.text()} at ${message.location().url}`);
    }
  });
  context.on('weberror', ({ error }) => faults.push(`script: ${error().stack}`));
  context.on('request', request => {
    if (new URL(request.url()).origin !== new URL(url).origin) faults.push(`foreign: ${request.url()}`);
  });
  context.on('requestfailed', request => {
    const fault = `${request.failure().errorText} ${request.url()}`;
    // A page that is left ends its connection and what it loads.
    if (!fault.startsWith('net::ERR_ABORTED')) faults.push(`failed: ${fault}`);
  });
}

// refusal reports whether Chromium notes that an answer has the status 422. Such a page says what was wrong in a form.
const refusal = text => /responded with a status of 422/.test(text);

const rules = {
  runOnly: { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] },
  rules: { 'target-size': { enabled: true } },
  resultTypes: ['violations'],
};

// holds checks what is true of each page in each state: axe finds nothing, in light and in dark, in a wide window and
// in one of a phone's size, and nothing but tables scrolls sideways, also with text of twice the size.
exports.holds = async page => {
  const before = page.viewportSize();
  for (const [width, height, colorScheme] of [[1280, 900, 'light'], [360, 740, 'dark']]) {
    await page.setViewportSize({ width, height });
    await page.emulateMedia({ colorScheme });
    await accessible(page, `${page.url()} at ${width}, ${colorScheme}`);
  }
  for (const [width, size] of [[1280, '100%'], [1280, '200%'], [640, '200%'], [360, '100%'], [320, '100%']]) {
    await page.setViewportSize({ width, height: 740 });
    await page.evaluate(text => { document.documentElement.style.fontSize = text; }, size);
    const over = await page.evaluate(sideways);
    assert.deepEqual(over, [], `${page.url()} scrolls sideways at ${width}, text of ${size}`);
  }
  await page.evaluate(() => { document.documentElement.style.fontSize = ''; });
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize(before);
};

async function accessible(page, where) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(options => window.axe.run(document, options), rules);
  assert.deepEqual(violations.flatMap(rule => rule.nodes.map(node => `${rule.id}: ${node.html}`)), [], where);
}

// sideways returns what makes the page wider than the window. It runs in the page.
function sideways() {
  const { scrollWidth } = document.scrollingElement;
  if (scrollWidth <= window.innerWidth) return [];
  const found = [`${scrollWidth} pixels`], texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const range = document.createRange(), text = texts.currentNode;
    range.selectNode(text);
    if (range.getBoundingClientRect().right > window.innerWidth) found.push(text.textContent.slice(0, 120));
  }
  return found;
}

// stays marks a page, and stayed fails if it was loaded again since.
exports.stays = page => page.evaluate(() => { window.stays = true; });
exports.stayed = async page => assert.ok(await page.evaluate(() => window.stays), 'the page was loaded again');

// message returns the newest message with a text on the phone.
exports.message = (page, text) => page.getByRole('article').filter({ hasText: text }).first();

// pages are the links of the navigation.
exports.pages = page => page.getByRole('navigation', { name: 'Pages' }).getByRole('link');

// announced waits until screen readers read a text.
exports.announced = (page, pattern) => page.getByRole('status').filter({ hasText: pattern }).first().waitFor(
  { state: 'attached' });
