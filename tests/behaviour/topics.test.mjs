// Topics from outside: two plugins that know nothing of each other, one in C and one in C++, talk
// through the names of topics.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import http from 'node:http';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { pluginDirectory, run, scratch, start } from './kit/host.mjs';
import { until } from './kit/wait.mjs';

const fixtures = process.env.COMPOSABLE_FIXTURE_PLUGINS;
assert.ok(fixtures, 'COMPOSABLE_FIXTURE_PLUGINS is not set; run these tests with ctest -L behaviour');
const file = (name) => ({ [name]: path.join(fixtures, name) });
const both = () => pluginDirectory({ ...file('probe.so'), ...file('listener.so') });

let host;
before(async () => { host = await start({ pluginsDir: both() }); });
after(() => host?.close());

async function publish(on, body, options) {
  const answer = await on.post('/api/v1/probe/publish', body, options);
  assert.equal(answer.status, 200, answer.text);
  assert.deepEqual(answer.json, { settled: true });
}
const kept = async () => (await host.get('/api/v1/listener')).json;
const keeps = (text) => until(async () => (await kept()).find((one) => one.text === text),
  `the listener to keep ${text}`);

async function metric(line) {
  const text = await new Promise((resolve, reject) => {
    http.get({ socketPath: path.join(host.data, 'admin.sock'), path: '/metrics' }, async (response) =>
      resolve(Buffer.concat(await response.toArray()).toString())).on('error', reject);
  });
  const found = text.split('\n').find((one) => one.startsWith(`${line} `));
  return found === undefined ? 0 : Number(found.split(' ').at(-1));
}

test('what one domain publishes another receives, with its own defaults and the actor', async () => {
  const correlation = randomUUID();
  await publish(host, { topic: 'probe.told', text: 'hi' }, { headers: { 'x-correlation-id': correlation } });
  const heard = await keeps('hi');
  assert.equal(heard.tone, 'even');
  assert.equal(heard.correlation_id, correlation);
});

test('a domain answers on a topic of its own choosing', async () => {
  await publish(host, { topic: 'listener.asked', text: 'you?' });
  await keeps('re: you?');
});

test('a topic that nobody listens to is fine', () => publish(host, { topic: 'nobody.here', text: 'hi' }));

test('an invalid topic name is the fault of the publisher', async () => {
  const answer = await host.post('/api/v1/probe/publish', { topic: 'No Topic', text: 'hi' });
  assert.equal(answer.status, 500, answer.text);
  assert.match(host.stderr, /the topic .*No Topic.* is not of the form/);
});

test('a listener that fails is logged and counted, and its publisher is answered well', async () => {
  await publish(host, { topic: 'probe.told', text: 'crash' });
  await until(async () => await metric('composable_topic_deliveries_total{domain="listener",result="failed"}') === 1,
    'the failed delivery to be counted');
  assert.match(host.stderr, /listener delivery_failed topic=probe\.told/);
});

test('a circle ends by itself, and says so', async () => {
  await publish(host, { topic: 'probe.circle', text: 'round' });
  await until(() => /publish to each other in a circle/.test(host.stderr), 'the circle to end');
  await publish(host, { topic: 'probe.told', text: 'after the circle' });
  await keeps('after the circle');
});

test('check and routes show the subscriptions', async () => {
  const directory = both();
  const checked = await run(['check', '--plugins', directory, '--data-dir', scratch()]);
  assert.match(checked.stdout, /ok +probe .* 2 topics /);
  const listed = await run(['routes', '--plugins', directory, '--data-dir', scratch()]);
  assert.match(listed.stdout, /^topic probe\.told → listener\.Hear$/m);
  assert.match(listed.stdout, /^topic probe\.told → probe\.Heard$/m);
});

test('what is heard beside an append survives, and the domains end cleanly', async () => {
  const before = (await host.get('/api/v1/probe')).json.noted;
  await publish(host, { topic: 'probe.told', text: 'kept', stream: 's' });
  await until(async () => (await host.get('/api/v1/probe')).json.noted === before + 2,
    'the probe to note what it published and what it heard');
  await host.stop();
  host = await start({ pluginsDir: both(), data: host.data });
  assert.equal((await host.get('/api/v1/probe')).json.noted, before + 2);
  await host.stop();
});
