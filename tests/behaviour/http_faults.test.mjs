// Requests that are written in an odd way, clients that are at fault, and a plugin that is.
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { pluginDirectory, plugins, start } from './kit/host.mjs';
import { assertError } from './kit/orders.mjs';
import { RawConnection } from './kit/raw.mjs';
import { until } from './kit/wait.mjs';

const fixtures = process.env.COMPOSABLE_FIXTURE_PLUGINS;
assert.ok(fixtures, 'COMPOSABLE_FIXTURE_PLUGINS is not set; run these tests with ctest -L behaviour');
let host;
before(async () => {
  host = await start({ pluginsDir: pluginDirectory({
    'probe.so': path.join(fixtures, 'probe.so'), 'counter.so': path.join(plugins(), 'counter.so'),
  }) });
});
after(() => host?.close());

async function raw(t, text) {
  const connection = await RawConnection.open(host);
  t.after(() => connection.close());
  connection.send(text);
  return { connection, answer: await connection.response() };
}
const lines = (log, word) => log.split('\n').filter((line) => line.includes(word));

test('a segment that ends between CR and LF changes nothing', async (t) => {
  const connection = await RawConnection.open(host);
  t.after(() => connection.close());
  const get = 'GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n';
  for (const part of [`${get}\r`, `\n${get}\r`, '\n']) {
    connection.send(part);
    if (part !== '\n') assert.equal((await connection.response()).status, 200);
  }
  connection.send(get);
  assert.equal((await connection.response()).status, 200);
});

test('an escape of a character that needs none is that character', async () => {
  for (const target of ['/%68ealth', '/health/%72eady', '/api/v1/%63ounter', '/%61pi/v%31/counter']) {
    assert.equal((await host.get(target)).status, 200, target);
  }
  assertError(await host.get('/api%2Fv1/counter'), 404, 'NOT_FOUND');
  const socket = await RawConnection.open(host);
  assert.equal((await socket.upgrade(host, '/%77s')).status, 101);
  socket.close();
});

test('a Host that names no host is 400 on every path', async (t) => {
  for (const target of ['/health', '/health/live', '/health/ready', '/api/v1/counter', '/ws', '/nope']) {
    for (const name of ['a b', 'a,b', '', 'a:99999', '[::1', 'http://a']) {
      const { answer } = await raw(t, `GET ${target} HTTP/1.1\r\nHost: ${name}\r\n\r\n`);
      assert.equal(answer.status, 400, `${target} of ${name}`);
      assert.match(answer.json.message, /names no host; write it as name, name:port or \[IPv6\]:port/);
    }
  }
});

test('an origin is its scheme, host and port', async (t) => {
  const post = (name, origin) => raw(t, 'POST /api/v1/counter/increment HTTP/1.1\r\n' +
    `Host: ${name}\r\nOrigin: ${origin}\r\nContent-Type: application/json; x="a;b"\r\n` +
    'Content-Length: 2\r\n\r\n{}');
  for (const [name, origin] of [['localhost:80', 'http://localhost'], ['localhost', 'http://LOCALHOST:80'],
                                ['[::1]', 'http://[0:0::1]']]) {
    assert.notEqual((await post(name, origin)).answer.status, 403, `${name} ${origin}`);
  }
  assert.equal((await post('localhost', 'http://localhost:81')).answer.status, 403);
});

test('an empty chunked body is no body', async (t) => {
  const { answer } = await raw(t,
    'POST /api/v1/probe/quiet HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n');
  assert.equal(answer.status, 200, answer.body);
});

test('a head that cannot become valid is refused at once', async (t) => {
  const began = Date.now();
  const { connection, answer } = await raw(t, 'GET /health HTTP/1.1\r\nHost: localhost\n');
  assert.equal(answer.status, 400);
  assert.equal(answer.json.message, 'headers: a line does not end in CR LF');
  await connection.closed();
  assert.ok(Date.now() - began < 10_000);
});

test('a control character in a body is told as one', async () => {
  const answer = await host.request('POST', '/api/v1/counter/increment',
    { body: '{"a\n":1}', headers: { 'content-type': 'application/json' } });
  assert.match(answer.json.message, /the control character 0x0A in a string; write it as \\n/);
});

test('what a plugin may not write is a 500, and the log says what and where', async () => {
  const faults = {
    status: 'the status 99 is not one of 200 to 599',
    name: 'the header "X A" has an invalid name',
    value: 'the header "X-A" has a control character in its value',
    types: 'the header "Content-Type" is written twice',
    ignored: 'the status 1000 is not one of 200 to 599',
  };
  for (const [fault, why] of Object.entries(faults)) {
    const answer = await host.get(`/api/v1/probe?fault=${fault}`);
    assertError(answer, 500, 'INTERNAL_SERVER_ERROR');
    assert.equal(answer.json.message, 'An internal error occurred');
    const line = await until(() => lines(host.stderr, answer.headers['x-correlation-id'])[0], 'its line');
    assert.ok(line.includes(' error http request_failed status=500 '), line);
    assert.ok(line.includes(' owner=probe route=/api/v1/probe '), line);
    assert.ok(line.includes(why.replaceAll('"', '\\"')), line);
  }
});

test('a flood of unknown methods is a few lines of level info', async (t) => {
  const before = host.stderr.length;
  const connection = await RawConnection.open(host);
  t.after(() => connection.close());
  const many = 500;
  connection.send('BREW / HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(many));
  for (let i = 0; i < many; ++i) assert.equal((await connection.response()).status, 501);
  await host.stop();
  const said = lines(host.stderr.slice(before), ' http request_failed ');
  const left = lines(host.stderr.slice(before), ' http lines_left_out of=request_failed detail=501 ');
  for (const line of said) assert.match(line, / info http request_failed status=501 /);
  assert.ok(left.length >= 1, 'nothing was left out');
  assert.ok(said.length <= 10 * (left.length + 1), `${said.length} lines in ${left.length} windows`);
  const counts = left.map((line) => Number(/ lines=(\d+) message="\1 more like this were not written"/.exec(line)[1]));
  assert.equal(counts.reduce((sum, n) => sum + n, said.length), many);
});
