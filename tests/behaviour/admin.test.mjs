// The admin listener: a socket for its owner alone, or TCP with a token; never the public port.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { after, before, test } from 'node:test';
import WebSocket from 'ws';

import { scratch, start } from './kit/host.mjs';
import { assertError } from './kit/orders.mjs';
import { Socket } from './kit/socket.mjs';
import { within } from './kit/wait.mjs';

let host;
before(async () => { host = await start({ args: ['--admin-listen', '127.0.0.1:0'] }); });
after(() => host?.close());

const mode = (name) => statSync(path.join(host.data, name)).mode & 0o777;
const token = () => readFileSync(path.join(host.data, 'admin.token'), 'utf8').trim();

// One request to where the options say.
async function ask(target, options, method = 'GET') {
  const response = await within(new Promise((resolve, reject) => {
    http.request({ path: target, method, ...options }, resolve).on('error', reject).end();
  }), `answer of the admin listener to ${target}`);
  const text = Buffer.concat(await response.toArray()).toString();
  const json = /json/.test(response.headers['content-type'] ?? '') ? JSON.parse(text) : undefined;
  return { status: response.statusCode, headers: response.headers, text, json };
}
const bySocket = (target, method) =>
  ask(target, { socketPath: path.join(host.data, 'admin.sock') }, method);
function byTcp(target, headers = {}) {
  const listening = /\badmin listening address=127\.0\.0\.1:(\d+)/.exec(host.stderr);
  assert.ok(listening, `no "admin listening address=…" in:\n${host.stderr}`);
  return ask(target, { host: '127.0.0.1', port: Number(listening[1]), headers });
}

test('the socket and the token are for their owner alone', () => {
  assert.equal(mode('admin.sock'), 0o600);
  assert.equal(mode('admin.token'), 0o600);
  assert.ok(token().length >= 32, 'the token is short');
  assert.ok(!host.stderr.includes(token()), 'the token is in the log');
});

test('the socket needs no token and serves metrics', async () => {
  const metrics = await bySocket('/metrics');
  assert.equal(metrics.status, 200, metrics.text);
  assert.equal(metrics.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
  assert.match(metrics.text, /^# TYPE composable_\w+ /m);
  assertError(await bySocket('/_composable/nope'), 404, 'NOT_FOUND');
});

test('TCP needs the token', async () => {
  assertError(await byTcp('/metrics'), 401, 'UNAUTHORIZED');
  assertError(await byTcp('/metrics', { authorization: 'Bearer nope' }), 401, 'UNAUTHORIZED');
  assertError(await byTcp('/metrics', { authorization: `Bearer ${token().slice(1)}` }), 401, 'UNAUTHORIZED');
  assertError(await byTcp('/_composable/nope'), 401, 'UNAUTHORIZED');
  assert.equal((await byTcp('/metrics', { authorization: `Bearer ${token()}` })).status, 200);
});

test('the public port serves nothing of it, with or without the token', async () => {
  const headers = { authorization: `Bearer ${token()}` };
  for (const target of ['/metrics', '/openapi.json', '/_composable', '/_composable/', '/_composable/health',
    '/%5fcomposable/health', '//_composable/health']) {
    assert.equal((await host.get(target, { headers })).status, 404, target);
  }
});

test('the public port serves the metrics when it is told to', async (t) => {
  const config = path.join(scratch(), 'composable.json');
  writeFileSync(config, '{"http": {"public_metrics": true}}');
  const open = await start({ args: ['--config', config] });
  t.after(() => open.close());
  const metrics = await open.get('/metrics');
  assert.equal(metrics.status, 200, metrics.text);
  assert.equal(metrics.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
  assert.match(metrics.text, /^composable_http_body_bytes 0$/m);
  assert.match(metrics.text, /^composable_http_bodies_refused_total 0$/m);
  assertError(await open.post('/metrics', {}), 405, 'METHOD_NOT_ALLOWED');
  assertError(await open.get('/_composable/api/health'), 404, 'NOT_FOUND');
  await open.stop();
});

test('a socket of the admin listener is told of every state of a generation', async () => {
  const socket = new Socket(new WebSocket(
    `ws+unix:${path.join(host.data, 'admin.sock')}:/_composable/ws`));
  await within(once(socket.ws, 'open'), 'WebSocket of the admin listener');
  const reloaded = await bySocket('/_composable/api/domains/orders/reload', 'POST');
  assert.equal(reloaded.status, 200, reloaded.text);
  const states = [];
  while (states.at(-1) !== 'unloaded') {
    const { type, domain, action } = await socket.next();
    assert.equal(`${type} ${domain} ${Object.keys(action)}`, 'event host GenerationChanged');
    assert.equal(action.GenerationChanged.domain, 'orders');
    states.push(action.GenerationChanged.state);
  }
  assert.deepEqual(states, ['canary', 'loading', 'live', 'draining', 'unloaded']);
  socket.send({ type: 'command', action: { GenerationChanged: {} } });
  assert.equal((await socket.next()).type, 'error');
  socket.ws.close();
});

test('a socket left behind by kill -9 does not stop the next start', async (t) => {
  const { data } = host;
  await host.kill();
  host = await start({ data, args: ['--admin-listen', '127.0.0.1:0'] });
  assert.equal((await bySocket('/metrics')).status, 200);
  assert.equal(mode('admin.sock'), 0o600);
  await host.stop();
});
