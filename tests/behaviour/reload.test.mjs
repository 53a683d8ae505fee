// Plugins that come, change and go under a running host: no request fails, no socket closes, every
// event comes once, and the build before is gone.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, unlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { pluginDirectory, plugins, pluginsInC, run, start } from './kit/host.mjs';
import { assertError, kOrders, order, place } from './kit/orders.mjs';
import {
  buildOf, generations, mapped, newestAttempt, put, record, reload, settled,
} from './kit/generations.mjs';
import { Socket } from './kit/socket.mjs';
import { Traffic } from './kit/traffic.mjs';
import { until } from './kit/wait.mjs';

const fixtures = process.env.COMPOSABLE_RELOAD_FIXTURES;
const bad = process.env.COMPOSABLE_BAD_PLUGINS;
assert.ok(fixtures && bad, 'COMPOSABLE_RELOAD_FIXTURES is not set; run these tests with ctest -L behaviour');

// The orders domain in three builds.
const builds = [path.join(plugins(), 'orders.so'), path.join(fixtures, 'orders_O1.so'),
  path.join(fixtures, 'orders_Os.so')];
const cli = (host, ...args) => run([...args, '--data-dir', host.data]);
const isLive = (one) => one.domain === 'orders' && one.state === 'live';
const newestLive = async (host) => (await generations(host)).find(isLive);

// The one that serves is the only one that is mapped.
async function assertOneMapped(host) {
  await settled(host);
  const live = await newestLive(host);
  assert.deepEqual(mapped(host), [`orders.${live.generation}.${live.build.slice(0, 8)}.so`]);
  for (const one of await generations(host)) {
    assert.ok(one.attempt === live.attempt || ['unloaded', 'refused'].includes(one.state), JSON.stringify(one));
  }
}

describe('a build that comes while requests and sockets are open', () => {
  let host, file, directory, traffic, next = 0;
  before(async () => {
    directory = pluginDirectory({ 'orders.so': builds[0] });
    file = path.join(directory, 'orders.so');
    host = await start({ pluginsDir: directory });
    traffic = await Traffic.start(host);
  });
  after(() => host?.close());

  // Another build than the one that serves.
  const nextBuild = () => builds[next = (next + 1) % builds.length];

  // `change` brings `build`; then that one serves, alone.
  async function takesOver(build, change) {
    const attempt = await newestAttempt(host);
    await traffic.goOn();
    await change(build);
    await record(host, attempt, isLive, 'the new build is live');
    await until(async () => (await newestLive(host)).build === buildOf(file), 'what the file is serves');
    const live = await newestLive(host);
    assert.equal(live.replaced, live.generation - 1);
    assert.match(live.carried, /^evolved \d+ events/);
    await traffic.goOn();
    await assertOneMapped(host);
    return live;
  }

  const inPlace = (build) => copyFileSync(build, file);
  const writers = {
    'mv': (build) => put(build, file),
    'cp in place': (build) => execFileSync('cp', [build, file]),
    'install(1)': (build) => execFileSync('install', ['-m', '755', build, file]),
    'cmake --install, which empties it first': (build) => {
      writeFileSync(file, '');
      unlinkSync(file);
      inPlace(build);
    },
    'cp and then strip in place': (build) => {
      inPlace(build);
      execFileSync('strip', [file]);
    },
  };
  for (const [name, write] of Object.entries(writers)) {
    test(`written by ${name}`, async () => {
      assert.equal((await takesOver(nextBuild(), write)).trigger, 'change');
    });
  }

  test('rewritten five times within 100 ms, the last one serves', async () => {
    const attempt = await newestAttempt(host);
    const last = nextBuild();
    for (let n = 0; n < 4; ++n) put(builds[(next + 1 + n) % builds.length], file);
    put(last, file);
    await until(async () => (await newestLive(host)).build === buildOf(last)
      && (await newestAttempt(host)) > attempt, 'the last build is live');
    await traffic.goOn();
    await assertOneMapped(host);
    const tried = (await generations(host)).filter((one) => one.attempt > attempt);
    assert.ok(tried.length <= 5, JSON.stringify(tried));
  });

  test('asked for on the admin socket, changed or not', async () => {
    const before = await newestLive(host);
    const answer = await reload(host, 'orders');
    assert.equal(answer.status, 200, answer.text);
    const { state, trigger, build, generation, replaced } = answer.json;
    assert.deepEqual({ state, trigger, build, generation, replaced },
      { state: 'live', trigger: 'request', build: before.build,
        generation: before.generation + 1, replaced: before.generation });
    await traffic.goOn();
    await assertOneMapped(host);
  });

  test('asked for with composable reload', async () => {
    const { code, stdout, stderr } = await cli(host, 'reload', 'orders');
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^live  orders \d+ \(build [0-9a-f]{8}\), in place of \d+: evolved \d+ events.*, paused \d+\.\d\d ms, \d+\.\d ms in all\n$/);
    const all = await cli(host, 'reload');
    assert.equal(all.code, 0, all.stderr);
    assert.match(all.stdout, /^live  orders /);
    await assertOneMapped(host);
  });

  test('asked for with SIGHUP', async () => {
    const live = await takesOver(builds[next], () => host.child.kill('SIGHUP'));
    assert.equal(live.trigger, 'signal');
  });

  test('many that ask at once get one answer each', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => reload(host, 'orders')));
    for (const answer of answers) assert.equal(answer.status, 200, answer.text);
    const attempts = new Set(answers.map((answer) => answer.json.attempt));
    assert.ok(attempts.size <= 3, [...attempts].join(' '));
  });

  test('gone back from with composable rollback', async () => {
    await takesOver(nextBuild(), (build) => put(build, file));
    const before = await newestLive(host);
    const { code, stdout, stderr } = await cli(host, 'rollback', 'orders');
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^live  orders /);
    const live = await newestLive(host);
    assert.equal(live.trigger, 'rollback');
    assert.notEqual(live.build, before.build);
    await traffic.goOn();
    await assertOneMapped(host);
    const unknown = await cli(host, 'rollback', 'orders', '9999');
    assert.equal(unknown.code, 1);
    assert.match(unknown.stderr, /orders: generation 9999 is not kept; kept are: \d+(, \d+)*/);
  });

  test('a refused one changes nothing', async () => {
    const serving = await newestLive(host);
    const attempt = await newestAttempt(host);
    put(path.join(bad, 'wrong_abi.so'), file);
    const refused = await record(host, attempt, (one) => one.state === 'refused', 'it is refused');
    assert.match(refused.reason, /orders\.so: .*abi/i);
    const reason = refused.reason.slice(file.length + 2, file.length + 30);
    await until(() => host.stderr.includes(reason), 'the reason in the log');
    const { code, stdout, stderr } = await cli(host, 'reload', 'orders');
    assert.equal(code, 1);
    assert.equal(stdout, '');
    assert.equal(stderr, `refused  ${refused.reason}\n`);
    const answer = await reload(host, 'orders');
    assert.equal(answer.status, 409, answer.text);
    assert.equal(answer.json.reason, refused.reason);
    await traffic.goOn();
    assert.deepEqual(await newestLive(host), serving);
    assert.deepEqual(mapped(host), [`orders.${serving.generation}.${serving.build.slice(0, 8)}.so`]);
    await takesOver(nextBuild(), (build) => put(build, file));
  });

  test('nothing was lost, repeated or closed by any of it', async () => {
    await traffic.stop();
    for (const id of traffic.placed) {
      assert.equal((await host.get(`${kOrders}/${id}`)).status, 200, id);
    }
    await host.stop();
  });
});

test('a host with --no-watch reloads only when it is told to', async (t) => {
  const directory = pluginDirectory({ 'orders.so': builds[0] });
  const host = await start({ pluginsDir: directory, args: ['--no-watch'] });
  t.after(() => host.close());
  assert.doesNotMatch(host.stderr, /watching/);
  const before = await newestLive(host);
  put(builds[1], path.join(directory, 'orders.so'));
  const answer = await reload(host, 'orders');
  assert.equal(answer.status, 200, answer.text);
  assert.notEqual(answer.json.build, before.build);
  assert.deepEqual((await generations(host)).map((one) => one.trigger), ['request', 'start']);
  await host.stop();
});

test('a domain comes and goes with its file, the others serve on', async (t) => {
  const directory = pluginDirectory({ 'orders.so': builds[0] });
  const host = await start({ pluginsDir: directory });
  t.after(() => host.close());
  const socket = await Socket.open(host, `${kOrders}/ws`);
  t.after(() => socket.close());
  assertError(await host.get('/api/v1/diary'), 404, 'NOT_FOUND');

  const file = path.join(directory, 'diary.so');
  put(process.env.COMPOSABLE_DIARY, file);
  await until(async () => (await host.get('/api/v1/diary')).status === 200, 'the diary is served');
  const reader = await Socket.open(host, '/api/v1/diary/ws');
  t.after(() => reader.close());
  const page = { day: 'monday', text: 'rain' };
  assert.equal((await host.post('/api/v1/diary', page)).status, 201);
  assert.deepEqual((await host.get('/health')).json.domains, { diary: 'healthy', orders: 'healthy' });

  unlinkSync(file);
  await until(async () => (await host.get('/api/v1/diary')).status === 404, 'the diary is gone');
  await settled(host);
  assert.deepEqual(Object.keys((await host.get('/health')).json.domains), ['orders']);
  assert.ok(mapped(host).every((name) => name.startsWith('orders.')), mapped(host).join(' '));
  assertError(await host.post('/api/v1/diary', page), 404, 'NOT_FOUND');
  const gone = await reload(host, 'diary');
  assert.equal(gone.status, 404, gone.text);
  const id = await place(host, order());
  assert.equal((await socket.next('event')).action.OrderPlaced.order_id, id);
  await host.stop();
});

test('an ephemeral state goes from the build in C++ to the one in C and back', async (t) => {
  const counters = [path.join(plugins(), 'counter.so'), path.join(pluginsInC(), 'counter.so')];
  const directory = pluginDirectory({ 'counter.so': counters[0] });
  const host = await start({ pluginsDir: directory, args: ['--no-watch'] });
  t.after(() => host.close());
  const count = async () => (await host.get('/api/v1/counter')).json.count;
  await host.post('/api/v1/counter/increment', { by: 41 });
  for (const [n, build] of [counters[1], counters[0]].entries()) {
    put(build, path.join(directory, 'counter.so'));
    const answer = await reload(host, 'counter');
    assert.equal(answer.status, 200, answer.text);
    assert.match(answer.json.carried, /^imported \d+ bytes$/);
    assert.equal(await count(), 41 + n);
    await host.post('/api/v1/counter/increment', { by: 1 });
  }
  assert.equal(await count(), 43);
  await host.stop();
});
