// Topics while their listeners change: reloaded, gone back, removed, added, set aside and back. What
// is published is decided exactly once by each domain that listens when it is published, and counted
// where nobody does. And fifty reloads leave nothing behind that counts or hears twice.
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

import { admin, metric, metrics, otherBuild, put, reload, settled } from './kit/generations.mjs';
import { pluginDirectory, start } from './kit/host.mjs';
import { Socket } from './kit/socket.mjs';
import { until } from './kit/wait.mjs';

const fixtures = process.env.COMPOSABLE_FIXTURE_PLUGINS;
assert.ok(fixtures, 'COMPOSABLE_FIXTURE_PLUGINS is not set; run these tests with ctest -L behaviour');
const sanitized = Boolean(process.env.COMPOSABLE_SANITIZE);
const kRounds = sanitized ? 2 : 5;
const kTold = 'probe.told';       // both listen
const kAsked = 'listener.asked';  // the listener does
const kBuilds = Object.fromEntries(['probe', 'listener'].map((name) => {
  const file = path.join(fixtures, `${name}.so`);
  return [name, [file, otherBuild(file)]];
}));

async function startBoth(t) {
  const directory = pluginDirectory({ 'probe.so': kBuilds.probe[0], 'listener.so': kBuilds.listener[0] });
  const host = await start({ pluginsDir: directory });
  t.after(() => host.close());
  return { host, file: (domain) => path.join(directory, `${domain}.so`) };
}

const count = (host, domain, result) =>
  metric(host, `composable_topic_deliveries_total{domain="${domain}",result="${result}"}`);
const published = (host, result) =>
  metric(host, `composable_topic_messages_total{domain="probe",result="${result}"}`);
const noted = async (host) => (await host.get('/api/v1/probe')).json.noted;

// Clients that publish until they are stopped; every publish must be answered well.
class Publishers {
  #going = true;
  #clients;
  sent = 0;
  constructor(host, topic, more = () => ({})) {
    this.#clients = Array.from({ length: 4 }, async (_, client) => {
      for (let n = 0; this.#going; ++n) {
        const answer = await host.post('/api/v1/probe/publish', { topic, text: `${client}-${n}`, ...more(client) });
        assert.equal(answer.status, 200, answer.text);
        this.sent += 1;
      }
    });
    for (const client of this.#clients) client.catch(() => {});  // told in stop()
  }
  async goOn() {
    const before = this.sent;
    await until(() => this.sent > before + 8 || !this.#going, 'publishing goes on');
  }
  async stop() {
    this.#going = false;
    await Promise.all(this.#clients);
    return this.sent;
  }
}

async function live(host, domain, how) {
  const answer = await how();
  assert.equal(answer.status, 200, answer.text);
  assert.equal(answer.json.state, 'live', answer.text);
  assert.equal(answer.json.domain, domain);
}
const rollback = (host, domain) => admin(host, 'POST', `/_composable/api/domains/${domain}/rollback`);

test('every message is decided once by each listener, over reloads, other builds and rollbacks', async (t) => {
  const { host, file } = await startBoth(t);
  const publishers = new Publishers(host, kTold, (client) => ({ stream: `s-${client}` }));
  for (let n = 0; n < (sanitized ? 3 : 8); ++n) {
    for (const domain of ['listener', 'probe']) {
      await publishers.goOn();
      await live(host, domain, () => reload(host, domain));
      put(kBuilds[domain][(n + 1) % 2], file(domain));
      await publishers.goOn();
      await live(host, domain, () => reload(host, domain));
      await live(host, domain, () => rollback(host, domain));
    }
  }
  const sent = await publishers.stop();
  // Of each message the probe stores two events, one that publishes it and one that has heard it.
  await until(async () => (await noted(host)) >= 2 * sent, `the probe to note ${2 * sent}`);
  await until(async () => (await count(host, 'listener', 'handled')) >= sent, `the listener to hear ${sent}`);
  await settled(host);
  for (const domain of ['probe', 'listener']) {
    for (const [result, expected] of [['handled', sent], ['failed', 0], ['refused', 0]]) {
      assert.equal(await count(host, domain, result), expected, `${domain} ${result}`);
    }
  }
  assert.equal(await noted(host), 2 * sent);
  assert.equal(await published(host, 'heard'), sent);
  assert.equal(await published(host, 'unheard'), 0);
  await host.stop();
});

test('every message is heard or counted as unheard, while its listener goes and comes', async (t) => {
  const { host, file } = await startBoth(t);
  const publishers = new Publishers(host, kAsked);
  const away = [['listener is gone', 404, () => rmSync(file('listener'))],
                ['listener is back', 200, () => put(kBuilds.listener[0], file('listener'))]];
  for (let n = 0; n < kRounds; ++n) {
    for (const [what, status, change] of away) {
      change();
      await until(async () => (await host.get('/api/v1/listener')).status === status, what);
      await publishers.goOn();
    }
  }
  const sent = await publishers.stop();
  const heard = await published(host, 'heard'), unheard = await published(host, 'unheard');
  // The listener answers each on probe.told, which the probe hears: its own publications.
  const ended = async () => {
    const results = await Promise.all(['handled', 'failed', 'refused'].map((one) => count(host, 'listener', one)));
    return results.reduce((a, b) => a + b);
  };
  const probeHeard = () => metric(host, 'composable_topic_messages_total{domain="listener",result="heard"}');
  await until(async () => (await ended()) >= (await probeHeard()) + heard, 'what was heard to end').catch(async (error) => {
    throw new Error(`${error.message}: sent ${sent}, heard ${heard}, unheard ${unheard}, ended ${await ended()}, `
      + `answered ${await probeHeard()}`);
  });
  assert.equal(await ended(), (await probeHeard()) + heard, 'each once');
  assert.ok(unheard > 0 && heard > 0);
  assert.equal(heard + unheard + await published(host, 'refused'), sent);
  const lines = host.stderr.split('\n').filter((one) => one.includes(' probe topic_has_no_listener '));
  assert.equal(lines.length, kRounds, 'once for each time that the listener was gone');
  await host.stop();
});

test('fifty reloads leave nothing behind that counts, hears or grows', async (t) => {
  const { host } = await startBoth(t);
  const socket = await Socket.open(host);
  let texts = 0;
  // One message in, and what comes of it: one event on the socket, one delivery for each listener.
  const once = async () => {
    const text = `text ${++texts}`;
    const answer = await host.post('/api/v1/probe/publish', { topic: kTold, text, stream: 's' });
    assert.equal(answer.status, 200, answer.text);
    await until(async () => (await count(host, 'listener', 'handled')) === texts
      && (await count(host, 'probe', 'handled')) === texts, `each to hear ${text} once`);
    const events = (await socket.drain()).filter((message) => message.type !== 'ack');
    return events.map((message) => `${message.domain} ${Object.keys(message.action)}`).sort();
  };
  const series = async () => Object.keys(await metrics(host)).filter((one) => !one.startsWith('composable_reloads_total')
    && !one.startsWith('composable_http_')).sort();
  const shown = async () => {
    const health = (await admin(host, 'GET', '/_composable/api/health')).json;
    return { ...health, domains: health.domains.map(({ domain, mailbox, flight, delays, causes, jobs }) =>
      ({ domain, mailbox, flight, delays, causes, jobs })) };
  };
  await live(host, 'listener', () => reload(host, 'listener'));
  await live(host, 'probe', () => reload(host, 'probe'));
  const events = await once();
  await settled(host);
  const before = { series: await series(), shown: await shown(), health: (await host.get('/health')).json };
  const actions = await metrics(host);
  for (let n = 0; n < (sanitized ? 10 : 25); ++n) {
    await live(host, 'listener', () => reload(host, 'listener'));
    await live(host, 'probe', () => reload(host, 'probe'));
    if (n % 5 === 0) assert.deepEqual(await once(), events);
  }
  assert.deepEqual(await once(), events);
  await settled(host);
  assert.deepEqual({ series: await series(), shown: await shown(), health: (await host.get('/health')).json }, before);
  // Each message has led to as many actions after as before.
  const after = await metrics(host);
  for (const name of Object.keys(after).filter((one) => one.startsWith('composable_actions_total'))) {
    assert.equal(after[name], actions[name] * texts, name);
  }
  socket.close();
  await host.stop();
});
