// A domain whose plugin is there and that no generation serves: set aside for its crashes, refused,
// or damaged. It is not unknown: its routes answer 503 with the reason, over every way in, until
// another build serves or the plugin is taken away. And what is published to nobody.
import assert from 'node:assert/strict';
import { rmSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

import { admin, buildOf, metric, otherBuild, put } from './kit/generations.mjs';
import { pluginDirectory, plugins, scratch, start } from './kit/host.mjs';
import { assertError, kOrders, order, place } from './kit/orders.mjs';
import { Socket } from './kit/socket.mjs';
import { until } from './kit/wait.mjs';

const fixtures = process.env.COMPOSABLE_FIXTURE_PLUGINS;
assert.ok(fixtures, 'COMPOSABLE_FIXTURE_PLUGINS is not set; run these tests with ctest -L behaviour');
const fixture = (name) => path.join(fixtures, name);
const kListener = '/api/v1/listener';

// A crash file that says that this build has crashed the host three times just now.
function crashes(data, domain, build) {
  const line = (n) => `${new Date(Date.now() - n * 1000).toISOString()} SIGSEGV ${domain} 1 ${build} decide Hear\n`;
  writeFileSync(path.join(data, 'crashes'), line(3) + line(2) + line(1));
}

const published = (host, result) =>
  metric(host, `composable_topic_messages_total{domain="probe",result="${result}"}`);
const unheardLines = (host) => host.stderr.split('\n').filter((one) => one.includes(' probe topic_has_no_listener '));

function assertAway(answer, why) {
  assertError(answer, 503, 'SERVICE_UNAVAILABLE');
  assert.equal(answer.headers['retry-after'], '10');
  assert.equal(answer.json.message, `The domain listener is not served now: ${why}`);
}
const kSetAside = 'its plugin has crashed the host too often and is blocked';
const kNotLoaded = 'its plugin could not be loaded';

test('a domain that is set aside answers 503, until another build serves or its plugin is gone', async (t) => {
  const build = buildOf(fixture('listener.so'));
  const pluginsDir = pluginDirectory({ 'probe.so': fixture('probe.so'), 'listener.so': fixture('listener.so') });
  const file = path.join(pluginsDir, 'listener.so');
  const data = scratch();
  crashes(data, 'listener', build);
  const host = await start({ pluginsDir, data });
  t.after(() => host.close());

  await t.test('over every route, method and socket', async () => {
    for (const [method, target] of [['GET', kListener], ['POST', kListener], ['DELETE', `${kListener}/some/where`],
                                    ['OPTIONS', kListener], ['HEAD', `${kListener}/`]]) {
      const answer = await host.request(method, target);
      if (method === 'HEAD') assert.equal(answer.status, 503);
      else assertAway(answer, kSetAside);
    }
    assertError(await host.get('/api/v1/listeners'), 404, 'NOT_FOUND');
    const socket = await Socket.refused(host, `${kListener}/ws`);
    assert.equal(socket.status, 503);
    assert.equal(socket.headers['retry-after'], '10');
    const all = await Socket.open(host);
    for (const message of [{ type: 'command', action: { Hear: {} }, domain: 'listener' },
                           { type: 'subscribe', domains: ['listener'] }]) {
      const said = await all.send(message).next();
      assert.deepEqual([said.type, said.code, said.message],
        ['error', 'SERVICE_UNAVAILABLE', `The domain listener is not served now: ${kSetAside}`]);
    }
    all.close();
    assert.match(host.stderr, /request_failed status=503 .*path=\/api\/v1\/listener .*has crashed the host 3 times/);
  });

  await t.test('health and the admin pages name it', async () => {
    assert.deepEqual((await host.get('/health')).json,
      { status: 'degraded', domains: { probe: 'healthy', listener: 'unhealthy' } });
    const health = (await admin(host, 'GET', '/_composable/api/health')).json;
    const [one] = health.domains.filter((domain) => domain.domain === 'listener');
    assert.equal(one.serving, false);
    assert.match(one.reason, /listener\.so: this build \([0-9a-f]{8}\) has crashed the host 3 times/);
    const { refused } = (await admin(host, 'GET', '/_composable/api/domains')).json;
    assert.deepEqual(refused.map((entry) => [entry.domain, entry.file]), [['listener', file]]);
  });

  const publish = async (text) => {
    const answer = await host.post('/api/v1/probe/publish', { topic: 'listener.asked', text });
    assert.deepEqual([answer.status, answer.json], [200, { settled: true }], answer.text);
  };
  await t.test('what is published to it is counted, and told once', async () => {
    for (let n = 0; n < 5; ++n) await publish(`nobody ${n}`);
    assert.equal(await published(host, 'unheard'), 5);
    assert.equal(await published(host, 'heard'), 0);
    assert.equal(unheardLines(host).length, 1, host.stderr);
    assert.match(unheardLines(host)[0], / info probe topic_has_no_listener topic=listener\.asked message="it has no listener;/);
  });

  await t.test('another build of it serves at once, and hears', async () => {
    put(otherBuild(fixture('listener.so')), file);
    await until(async () => (await host.get(kListener)).status === 200, 'the listener serves');
    assert.deepEqual((await host.get('/health')).json,
      { status: 'ok', domains: { probe: 'healthy', listener: 'healthy' } });
    assert.deepEqual((await admin(host, 'GET', '/_composable/api/domains')).json.refused, []);
    await publish('you?');
    await until(async () => (await host.get(kListener)).json.some((one) => one.text === 're: you?'), 'the answer');
    assert.equal(await published(host, 'unheard'), 5);
    assert.equal(await published(host, 'heard'), 1);
  });

  await t.test('a file that is refused beside a generation that serves changes nothing', async () => {
    put(fixture('listener.so'), file);  // set aside still
    await until(() => /listener refused .*trigger=change .*has crashed the host 3 times/.test(host.stderr), 'the refusal');
    assert.equal((await host.get(kListener)).status, 200);
    assert.equal((await host.get('/health')).json.status, 'ok');
  });

  await t.test('a domain that was taken away is unknown', async () => {
    rmSync(file);
    await until(async () => (await host.get(kListener)).status === 404, 'the listener is gone');
    assert.deepEqual((await host.get('/health')).json, { status: 'ok', domains: { probe: 'healthy' } });
    await publish('gone?');
    assert.equal(await published(host, 'unheard'), 6);
    assert.equal(unheardLines(host).length, 2, 'told again, since somebody had listened');
  });

  await t.test('a file that is no plugin stands for the domain of its name', async () => {
    writeFileSync(file, 'not a plugin\n', { mode: 0o755 });
    await until(async () => (await host.get(kListener)).status === 503, 'the listener is away');
    assertAway(await host.get(kListener), kNotLoaded);
    assert.equal((await host.get('/health')).json.domains.listener, 'unhealthy');
    rmSync(file);
    await until(async () => (await host.get(kListener)).status === 404, 'the listener is gone');
    assert.equal((await host.get('/health')).json.status, 'ok');
  });
  await host.stop();
});

test('a domain whose plugin is damaged at start is away, and the others serve', async (t) => {
  const pluginsDir = pluginDirectory({ 'orders.so': path.join(plugins(), 'orders.so'),
                                       'counter.so': path.join(plugins(), 'counter.so') });
  truncateSync(path.join(pluginsDir, 'orders.so'), 20_000);
  const host = await start({ pluginsDir, args: ['--no-watch'] });
  t.after(() => host.close());
  assertError(await host.post(kOrders, order()), 503, 'SERVICE_UNAVAILABLE', { message: /The domain orders is not served now/ });
  assert.equal((await host.get('/api/v1/counter')).status, 200);
  assert.deepEqual((await host.get('/health')).json, { status: 'degraded', domains: { counter: 'healthy', orders: 'unhealthy' } });

  put(path.join(plugins(), 'orders.so'), path.join(pluginsDir, 'orders.so'));
  assert.equal((await admin(host, 'POST', '/_composable/api/domains/orders/reload')).status, 200);
  await place(host);
  await host.stop();
});

test('a host of which nothing is left is unhealthy', async (t) => {
  const pluginsDir = pluginDirectory({ 'orders.so': path.join(plugins(), 'orders.so') });
  truncateSync(path.join(pluginsDir, 'orders.so'), 20_000);
  const host = await start({ pluginsDir });
  t.after(() => host.close());
  const health = await host.get('/health');
  assert.deepEqual([health.status, health.json], [503, { status: 'unhealthy', domains: { orders: 'unhealthy' } }]);
  await host.stop();
});
