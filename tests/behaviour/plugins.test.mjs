// Plugins from outside: bad ones are refused by file name and with the reason, good ones beside them
// serve; one domain in C++ and in C behaves the same.
import assert from 'node:assert/strict';
import { chmodSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

import { pluginDirectory, plugins, pluginsInC, run, scratch, start } from './kit/host.mjs';
import { assertError, kOrders, order, place } from './kit/orders.mjs';
import { Socket } from './kit/socket.mjs';

const orders = () => path.join(plugins(), 'orders.so');
const counter = () => path.join(plugins(), 'counter.so');
const counterInC = () => path.join(pluginsInC(), 'counter.so');
const check = (directory) => run(['check', '--plugins', directory, '--data-dir', scratch()]);

// One bad plugin each, refused for one reason.
const bad = process.env.COMPOSABLE_BAD_PLUGINS;
assert.ok(bad, 'COMPOSABLE_BAD_PLUGINS is not set; run these tests with ctest -L behaviour');
const reasons = {
  'no_symbol.so': /composable_plugin_entry_v1/,
  'no_note.so': /note/,
  'wrong_abi.so': /abi/,
  'short_table.so': /size|short/,
  'duplicate_route.so': /\/twice/,
  'bad_action_name.so': /action/,
  'unresolved_symbol.so': /symbol/,
};
const badFiles = readdirSync(bad).filter((name) => name.endsWith('.so') && name !== 'duplicate_domain.so');

test('check loads everything and says what is good', async () => {
  const { code, stdout, stderr } = await check(plugins());
  assert.equal(code, 0, stdout + stderr);
  assert.match(stdout, /orders/);
  assert.match(stdout, /counter/);
});

for (const name of badFiles) {
  test(`check refuses ${name}, names it with a reason, and keeps the good ones`, async () => {
    const directory = pluginDirectory({ [name]: path.join(bad, name), 'orders.so': orders() });
    const { code, signal, stdout, stderr } = await check(directory);
    const said = stdout + stderr;
    assert.equal(signal, null, said);
    assert.equal(code, 1, said);
    const line = said.split('\n').find((one) => one.includes(name));
    assert.ok(line, `${name} is not named:\n${said}`);
    assert.match(said, reasons[name] ?? /./, said);
    assert.match(stdout, /orders/);
  });
}

test('run serves the good ones, and names every bad file before it listens', async (t) => {
  const files = Object.fromEntries(badFiles.map((name) => [name, path.join(bad, name)]));
  const directory = pluginDirectory({ ...files, 'orders.so': orders(), 'counter.so': counter() });
  writeFileSync(path.join(directory, 'words.so'), 'not a library\n');
  writeFileSync(path.join(directory, 'nothing.so'), '');
  const host = await start({ pluginsDir: directory });
  t.after(() => host.close());
  const listens = host.stderr.indexOf('host listening');
  for (const name of [...badFiles, 'words.so', 'nothing.so']) {
    const named = host.stderr.indexOf(name);
    assert.ok(named >= 0 && named < listens, `${name} is not named before the host listens:\n${host.stderr}`);
  }
  await place(host);
  const { status, domains } = (await host.get('/health')).json;
  assert.equal(status, 'degraded');
  const healthy = Object.keys(domains).filter((name) => domains[name] === 'healthy');
  assert.deepEqual(healthy.sort(), ['counter', 'orders']);
  assert.equal(domains.words, 'unhealthy');
  await host.stop();
});

test('a plugin that is cut short anywhere is refused, and nothing crashes', async () => {
  const whole = readFileSync(counter());
  const directory = pluginDirectory({ 'orders.so': orders() });
  const lengths = [1, 4, 16, 63, 64, 200, 512, 4096, ...Array.from({ length: 12 }, (_, n) => Math.floor((whole.length * (n + 1)) / 13)),
    whole.length - 1].filter((length) => length < whole.length);
  for (const length of lengths) {
    writeFileSync(path.join(directory, `cut-${length}.so`), whole.subarray(0, length), { mode: 0o755 });
  }
  const { code, signal, stdout, stderr } = await check(directory);
  assert.equal(signal, null, stderr);
  assert.equal(code, 1, stdout + stderr);
  for (const length of lengths) {
    assert.ok((stdout + stderr).includes(`cut-${length}.so`), `cut-${length}.so is not named:\n${stdout}${stderr}`);
  }
  assert.match(stdout, /orders/);
});

test('of two plugins with one domain the later is refused and both are named', async (t) => {
  const directory = pluginDirectory({ 'a.so': counter(), 'b.so': counterInC(), 'orders.so': orders() });
  const { code, stdout, stderr } = await check(directory);
  assert.equal(code, 1, stdout + stderr);
  const line = (stdout + stderr).split('\n').find((one) => one.includes('b.so') && one.includes('a.so'));
  assert.ok(line, `no line names a.so and b.so:\n${stdout}${stderr}`);
  assert.match(line, /counter/);
  const host = await start({ pluginsDir: directory });
  t.after(() => host.close());
  assert.equal((await host.get('/api/v1/counter')).status, 200);
  await place(host);
  await host.stop();
});

test('names that begin with a dot or end in ~ or .tmp are not plugins', async () => {
  const directory = pluginDirectory({ 'orders.so': orders() });
  for (const name of ['.hidden.so', 'orders.so~', 'orders.so.tmp', 'README']) {
    writeFileSync(path.join(directory, name), 'x');
  }
  const { code, stdout, stderr } = await check(directory);
  assert.equal(code, 0, stdout + stderr);
});

test('a directory that everybody may write to, or that is not there, is refused by name', async () => {
  const open = pluginDirectory({ 'orders.so': orders() });
  chmodSync(open, 0o777);
  for (const directory of [open, path.join(scratch(), 'missing')]) {
    const { code, signal, stdout, stderr } = await check(directory);
    assert.equal(signal, null, stderr);
    assert.notEqual(code, 0, stdout + stderr);
    assert.ok((stdout + stderr).includes(directory), `${directory} is not named:\n${stdout}${stderr}`);
  }
});

test('a plugin that everybody may write to is refused, and the others are not', async () => {
  const directory = pluginDirectory({ 'orders.so': orders(), 'counter.so': counter() });
  chmodSync(path.join(directory, 'orders.so'), 0o777);
  const { code, stdout, stderr } = await check(directory);
  assert.equal(code, 1, stdout + stderr);
  assert.match(stdout + stderr, /orders\.so: a plugin that every user may write to, mode 0777: .*; chmod o-w it/);
  assert.match(stdout, /ok +counter/);
});

test('routes lists method, path and command of every domain', async () => {
  const { code, stdout, stderr } = await run(['routes', '--plugins', plugins(), '--data-dir', scratch()]);
  assert.equal(code, 0, stderr);
  for (const [method, target, what] of [
    ['POST', '/api/v1/orders', 'PlaceOrder'], ['GET', '/api/v1/orders/:id', 'orders'],
    ['POST', '/api/v1/orders/:id/ship', 'ShipOrder'], ['POST', '/api/v1/orders/:id/cancel', 'CancelOrder'],
    ['GET', '/api/v1/counter', 'counter'], ['POST', '/api/v1/counter/increment', 'Increment'],
  ]) {
    const line = stdout.split('\n').find((one) => {
      const words = one.split(/\s+/);
      return words.includes(method) && words.includes(target);
    });
    assert.ok(line?.includes(what), `${method} ${target} → ${what} is not in:\n${stdout}`);
  }
});

for (const [language, directory] of [['C++', plugins], ['C', pluginsInC]]) {
  test(`the counter in ${language} counts over HTTP and WebSocket`, async (t) => {
    const host = await start({ pluginsDir: directory() });
    t.after(() => host.close());
    const at = '/api/v1/counter';
    const count = async () => (await host.get(at)).json;
    const step = async (name, body) => {
      const answer = await host.post(`${at}/${name}`, body);
      assert.equal(answer.status, 200, answer.text);
      return answer.json;
    };
    assert.deepEqual(await count(), { count: 0 });
    assert.deepEqual(await step('increment', {}), { count: 1 });
    assert.deepEqual(await step('increment', { by: 41 }), { count: 42 });
    assert.deepEqual(await step('decrement', { by: 2 }), { count: 40 });
    assert.deepEqual(await step('decrement'), { count: 39 });
    assertError(await host.post(`${at}/increment`, { by: 'two' }), 400, 'BAD_REQUEST', { path: 'by' });
    assertError(await host.post(`${at}/increment`, { bye: 2 }), 400, 'BAD_REQUEST', { message: /by/ });
    assertError(await host.post(`${at}/increment`, []), 400, 'BAD_REQUEST');
    assert.deepEqual(await count(), { count: 39 });

    const socket = await Socket.open(host, `${at}/ws`);
    t.after(() => socket.close());
    for (const [command, event] of [
      [{ Increment: { by: 3 } }, { Incremented: { by: 3 } }],
      [{ Decrement: {} }, { Decremented: { by: 1 } }],
    ]) {
      socket.command(command, { id: 'c' });
      const { correlation_id, ...rest } = await socket.next('event');
      assert.deepEqual(rest, { type: 'event', domain: 'counter', action: event });
      assert.equal((await socket.next('ack')).id, 'c');
    }
    assert.deepEqual(await count(), { count: 41 });
    assert.deepEqual(await step('reset'), { count: 0 });
    assert.equal(Object.keys((await socket.next('event')).action)[0], 'WasReset');
    await host.stop();
  });
}

test('the counter starts at 0 again, it stores nothing', async (t) => {
  const data = scratch();
  let host = await start({ data });
  t.after(() => host.close());
  await host.post('/api/v1/counter/increment', { by: 7 });
  await host.stop();
  host = await start({ data });
  assert.deepEqual((await host.get('/api/v1/counter')).json, { count: 0 });
  await host.stop();
});

test('the README\'s domain keeps its total over a restart', async (t) => {
  const data = scratch();
  const pluginsDir = path.join(plugins(), '..', 'plugins-tally');
  let host = await start({ pluginsDir, data });
  t.after(() => host.close());
  assert.deepEqual((await host.post('/api/v1/tally', { amount: 40 })).json, { total: 40 });
  assert.deepEqual((await host.post('/api/v1/tally', { amount: 2 })).json, { total: 42 });
  await host.stop();
  host = await start({ pluginsDir, data });
  assert.deepEqual((await host.get('/api/v1/tally')).json, { total: 42 });
  await host.stop();
});

test('a host without one good plugin still answers health', async (t) => {
  const empty = pluginDirectory({});
  const host = await start({ pluginsDir: empty });
  t.after(() => host.close());
  const advice = `no plugin is in ${empty}; copy one there, name its directory with --plugins, or `
    + 'begin one with composable new domain NAME';
  assert.ok(host.stderr.includes(`warn plugins none advice="${advice}"`), host.stderr);
  assert.ok((await check(empty)).stdout.startsWith(`warning  ${advice}\n`));
  assert.deepEqual((await host.get('/health')).json.domains, {});
  assertError(await host.post(kOrders, order()), 404, 'NOT_FOUND');
  await host.stop();
});
