// What every route has in common: errors, correlation, methods, bodies, connections, origins.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { start } from './kit/host.mjs';
import { RawConnection } from './kit/raw.mjs';
import { assertError, kOrders, order, place } from './kit/orders.mjs';

const kUuid7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const kMine = '0192f0c1-2b3a-7c4d-8e5f-001122334455';
let host;
before(async () => { host = await start(); });
after(() => host?.close());

// Sends `lines` and an empty line and `body` on a connection of its own; answers the response.
async function raw(t, lines, body = '') {
  const connection = await RawConnection.open(host);
  t.after(() => connection.close());
  connection.send(`${lines.join('\r\n')}\r\n\r\n${body}`);
  return { connection, answer: await connection.response({ head: lines[0].startsWith('HEAD') }) };
}
const hostLine = () => `Host: 127.0.0.1:${host.port}`;
const json = { 'content-type': 'application/json' };
const postText = (body, headers = json) => host.request('POST', kOrders, { body, headers });

test('an unknown path is 404 in the shape of all errors', async () => {
  for (const target of ['/', '/nope', '/api/v1/nope', '/api/v1/orders/x/y/z', '/api/v2/orders', '/healthy']) {
    assertError(await host.get(target), 404, 'NOT_FOUND');
  }
});

test('a trailing slash is another path', async () => {
  for (const target of ['/health/', '/api/v1/counter/']) {
    assertError(await host.get(target), 404, 'NOT_FOUND');
  }
  assertError(await host.post(`${kOrders}/`, order()), 404, 'NOT_FOUND');
});

test('a method that a path does not have is 405 and says which it has', async () => {
  for (const [method, target, has] of [
    ['DELETE', kOrders, 'POST'], ['PUT', `${kOrders}/x/ship`, 'POST'], ['PATCH', `${kOrders}/x`, 'GET'],
    ['POST', '/health', 'GET'], ['DELETE', '/api/v1/counter', 'GET'],
  ]) {
    const answer = await host.request(method, target);
    assertError(answer, 405, 'METHOD_NOT_ALLOWED');
    assert.ok((answer.headers.allow ?? '').split(/, */).includes(has),
      `${method} ${target}: Allow is ${answer.headers.allow}`);
  }
});

test('OPTIONS says what a path allows', async () => {
  const answer = await host.request('OPTIONS', kOrders);
  assert.ok(answer.status === 204 || answer.status === 200, answer.text);
  assert.match(answer.headers.allow ?? '', /\bPOST\b/);
});

test('HEAD is GET without the body', async (t) => {
  const id = await place(host);
  for (const target of ['/health', `${kOrders}/${id}`, '/nope']) {
    const get = await raw(t, [`GET ${target} HTTP/1.1`, hostLine()]);
    const head = await raw(t, [`HEAD ${target} HTTP/1.1`, hostLine(), 'Connection: close']);
    assert.equal(head.answer.status, get.answer.status, target);
    assert.equal(head.answer.headers['content-length'], get.answer.headers['content-length'], target);
    assert.equal(head.answer.headers['content-type'], get.answer.headers['content-type'], target);
    assert.equal(await head.connection.closed(), '', `HEAD ${target} sent a body`);
  }
});

test('a JSON body needs its content type, and the error names it', async () => {
  const body = JSON.stringify(order());
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/json; charset=latin1', 'application/jsonp']) {
    assertError(await postText(body, { 'content-type': type }), 415, 'UNSUPPORTED_MEDIA_TYPE',
      { message: /application\/json/ });
  }
  assertError(await postText(body, {}), 415, 'UNSUPPORTED_MEDIA_TYPE', { message: /application\/json/ });
  for (const type of ['application/json', 'application/json; charset=utf-8', 'Application/JSON;charset="UTF-8"']) {
    assert.equal((await postText(body, { 'content-type': type })).status, 201, type);
  }
});

const start1 = '{"customer_id":"c","items":[{"product_id":"p","name":"n",';
const unreadable = [
  ['not JSON', 'hello', undefined, /./],
  ['nothing', '', undefined, /./],
  ['half of it', '{"customer_id":"c","items":[', undefined, /./],
  ['more after it', `${JSON.stringify(order())} x`, undefined, /./],
  ['a list', '[]', undefined, /object/],
  ['a wrong type', '{"customer_id":5,"items":[]}', 'customer_id', /string/],
  ['a wrong type deep inside', `${start1}"quantity":"two","unit_price_cents":1}]}`, 'items[0].quantity', /found/],
  ['a fraction for an integer', `${start1}"quantity":1.5,"unit_price_cents":1}]}`, 'items[0].quantity', /./],
  ['-1 for an unsigned integer', `${start1}"quantity":-1,"unit_price_cents":1}]}`, 'items[0].quantity', /-1/],
  ['2^64 for an integer', `${start1}"quantity":18446744073709551616,"unit_price_cents":1}]}`, 'items[0].quantity', /./],
  ['a missing field', '{"items":[]}', /^(customer_id)?$/, /customer_id/],
  ['a missing field deep inside', `${start1}"quantity":1}]}`, /^items\[0\]/, /unit_price_cents|missing/],
  ['an unknown field', '{"customer_idd":"c","items":[]}', /^(customer_idd)?$/, /unknown field.*did you mean "customer_id"/],
  ['a field twice', '{"customer_id":"a","customer_id":"b","items":[]}', /^(customer_id)?$/, /customer_id.*twice|twice|duplicate/],
  ['null', `{"customer_id":null,"items":[]}`, 'customer_id', /./],
  ['deep nesting', '['.repeat(20000), undefined, /./],
];
for (const [what, body, path, message] of unreadable) {
  test(`a body that is ${what} is 400, names the place and says what was found`, async () => {
    assertError(await postText(body), 400, 'BAD_REQUEST', { path, message });
  });
}

test('a body that is not UTF-8 is 400', async () => {
  const body = Buffer.from(JSON.stringify(order({ customer_id: 'caf\u00e9' })), 'latin1');
  assertError(await postText(body), 400, 'BAD_REQUEST');
});

test('X-Correlation-ID is echoed in lower case, or replaced when it is none', async (t) => {
  const of = async (value, target = '/health') =>
    (await host.get(target, { headers: { 'x-correlation-id': value } })).headers['x-correlation-id'];
  assert.equal(await of(kMine), kMine);
  assert.equal(await of(kMine.toUpperCase()), kMine);
  assert.equal(await of(kMine, '/nope'), kMine);
  assert.equal(await of(kMine, '/api/v1/counter'), kMine);
  const fresh = new Set();
  for (const bad of ['00000000-0000-0000-0000-000000000000', 'x', kMine.slice(1), `${kMine}0`, `{${kMine}}`,
    kMine.replaceAll('-', ''), kMine.replace('0', 'g')]) {
    fresh.add(await of(bad));
  }
  fresh.add((await host.get('/health')).headers['x-correlation-id']);
  const twice = await raw(t, ['GET /health HTTP/1.1', hostLine(), `X-Correlation-ID: ${kMine}`, `X-Correlation-ID: ${kMine}`]);
  fresh.add(twice.answer.headers['x-correlation-id']);
  assert.equal(fresh.size, 9, 'a replacement was used twice');
  for (const id of fresh) assert.match(id ?? '', kUuid7);
});

test('health says how each domain is, and the probes answer', async () => {
  const health = await host.get('/health');
  assert.equal(health.status, 200);
  assert.deepEqual(health.json, { status: 'ok', domains: { counter: 'healthy', orders: 'healthy' } });
  assert.equal((await host.get('/health/ready')).status, 200);
  assert.equal((await host.get('/health/live')).status, 200);
});

test('what belongs to operators is not on the public port', async () => {
  for (const target of ['/_composable', '/_composable/', '/_composable/domains', '/metrics', '/openapi.json']) {
    assertError(await host.get(target), 404, 'NOT_FOUND');
  }
});

test('a chunked body is read, with extensions and trailers', async (t) => {
  const body = JSON.stringify(order());
  const whole = await raw(t, [`POST ${kOrders} HTTP/1.1`, hostLine(), 'Content-Type: application/json', 'Transfer-Encoding: chunked'],
    `${body.length.toString(16)};note=1\r\n${body}\r\n0\r\nX-Trailer: 1\r\n\r\n`);
  assert.equal(whole.answer.status, 201, whole.answer.body);
  const bytes = [...body].map((byte) => `1\r\n${byte}\r\n`).join('');
  const crumbs = await raw(t, [`POST ${kOrders} HTTP/1.1`, hostLine(), 'Content-Type: application/json', 'Transfer-Encoding: Chunked'],
    `${bytes}0\r\n\r\n`);
  assert.equal(crumbs.answer.status, 201, crumbs.answer.body);
});

test('a request that arrives byte by byte is answered', async (t) => {
  const connection = await RawConnection.open(host);
  t.after(() => connection.close());
  const body = JSON.stringify(order());
  const text = [`POST ${kOrders} HTTP/1.1`, hostLine(), 'Content-Type: application/json', `Content-Length: ${body.length}`, '', body].join('\r\n');
  for (const byte of text) {
    connection.send(byte);
    await new Promise(setImmediate);
  }
  assert.equal((await connection.response()).status, 201);
});

test('pipelined requests are answered in order', async (t) => {
  const connection = await RawConnection.open(host);
  t.after(() => connection.close());
  const body = JSON.stringify(order());
  const ids = Array.from({ length: 40 }, (_, n) => kMine.replace(/....$/, n.toString(16).padStart(4, '0')));
  connection.send(ids.map((id, n) => (n % 2 === 0
    ? ['GET /api/v1/counter HTTP/1.1', hostLine(), `X-Correlation-ID: ${id}`, '', '']
    : [`POST ${kOrders} HTTP/1.1`, hostLine(), `X-Correlation-ID: ${id}`, 'Content-Type: application/json',
       `Content-Length: ${body.length}`, '', body]).join('\r\n')).join(''));
  for (const [n, id] of ids.entries()) {
    const answer = await connection.response();
    assert.equal(answer.headers['x-correlation-id'], id, `response ${n}`);
    assert.equal(answer.status, n % 2 === 0 ? 200 : 201, answer.body);
  }
});

test('a connection is kept, and closed when asked', async (t) => {
  const { connection } = await raw(t, ['GET /health HTTP/1.1', hostLine()]);
  connection.send(`GET /health HTTP/1.1\r\n${hostLine()}\r\nConnection: close\r\n\r\n`);
  const last = await connection.response();
  assert.equal(last.status, 200);
  assert.match(last.headers.connection ?? '', /close/i);
  assert.equal(await connection.closed(), '');
  const old = await raw(t, ['GET /health HTTP/1.0', hostLine()]);
  assert.equal(old.answer.status, 200);
  assert.equal(await old.connection.closed(), '');
});

test('Expect: 100-continue is answered before the body is sent', async (t) => {
  const body = JSON.stringify(order());
  const lines = [`POST ${kOrders} HTTP/1.1`, hostLine(), 'Content-Type: application/json',
    `Content-Length: ${body.length}`, 'Expect: 100-continue'];
  const { connection, answer } = await raw(t, lines);
  assert.equal(answer.status, 100);
  connection.send(body);
  assert.equal((await connection.response()).status, 201);
});

test('Expect: 100-continue for a body that is too large is refused without it', async (t) => {
  const { answer } = await raw(t, [`POST ${kOrders} HTTP/1.1`, hostLine(), 'Content-Type: application/json',
    'Content-Length: 99999999999', 'Expect: 100-continue']);
  assertError(answer, 413, 'PAYLOAD_TOO_LARGE');
});

test('a body over the limit is 413, announced or not', async (t) => {
  const announced = await raw(t, [`POST ${kOrders} HTTP/1.1`, hostLine(), 'Content-Type: application/json',
    'Content-Length: 99999999999']);
  assertError(announced.answer, 413, 'PAYLOAD_TOO_LARGE');
  await announced.connection.closed();

  const connection = await RawConnection.open(host);
  t.after(() => connection.close());
  connection.send(`POST ${kOrders} HTTP/1.1\r\n${hostLine()}\r\nContent-Type: application/json\r\n` +
                  'Transfer-Encoding: chunked\r\n\r\n');
  const chunk = `10000\r\n${' '.repeat(65536)}\r\n`;
  let answer;
  const response = connection.response().then((got) => { answer = got; });
  for (let sent = 0; sent < 512 && !answer && !connection.socket.destroyed; ++sent) {
    connection.send(chunk);
    await new Promise(setImmediate);
  }
  await response;
  assertError(answer, 413, 'PAYLOAD_TOO_LARGE');
});

test('a URI or headers over the limit are refused by name', async (t) => {
  const uri = await raw(t, [`GET /${'a'.repeat(70000)} HTTP/1.1`, hostLine()]);
  assertError(uri.answer, 414, 'URI_TOO_LONG');
  const header = await raw(t, ['GET /health HTTP/1.1', hostLine(), `X-Large: ${'a'.repeat(200000)}`]);
  assertError(header.answer, 431, 'HEADERS_TOO_LARGE');
  const many = await raw(t, ['GET /health HTTP/1.1', hostLine(), ...Array(20000).fill('X-N: 1')]);
  assertError(many.answer, 431, 'HEADERS_TOO_LARGE');
});

test('an unsafe request of another site is 403 and does nothing', async () => {
  const own = `http://127.0.0.1:${host.port}`;
  const before = (await host.get('/api/v1/counter')).text;
  for (const headers of [
    { origin: 'https://evil.example' }, { origin: 'null' }, { 'sec-fetch-site': 'cross-site' },
    { origin: `http://127.0.0.1:${host.port + 1}` }, { origin: `https://127.0.0.1:${host.port}` },
    { origin: `${own}.evil.example` },
  ]) {
    const answer = await host.request('POST', '/api/v1/counter/increment', { headers });
    assertError(answer, 403, 'FORBIDDEN');
  }
  assert.equal((await host.get('/api/v1/counter')).text, before);
  assert.equal((await host.get('/health', { headers: { origin: 'https://evil.example' } })).status, 200);
  for (const headers of [{ origin: own }, { origin: own, 'sec-fetch-site': 'same-origin' }, { 'sec-fetch-site': 'none' }]) {
    assert.equal((await host.post(kOrders, order(), { headers })).status, 201, JSON.stringify(headers));
  }
});

test('on loopback the Host must be one of loopback', async (t) => {
  for (const name of ['evil.example', `evil.example:${host.port}`, '127.0.0.1.evil.example', '10.0.0.1', '']) {
    const { answer } = await raw(t, ['GET /api/v1/counter HTTP/1.1', `Host: ${name}`]);
    assertError(answer, 400, 'BAD_REQUEST');
  }
  for (const name of ['localhost', `localhost:${host.port}`, '127.0.0.1', `127.0.0.1:${host.port}`, `[::1]:${host.port}`]) {
    const { answer } = await raw(t, ['GET /api/v1/counter HTTP/1.1', `Host: ${name}`]);
    assert.equal(answer.status, 200, `Host: ${name} answered ${answer.body}`);
  }
  for (const target of ['/health', '/health/ready', '/health/live']) {
    const { answer } = await raw(t, [`GET ${target} HTTP/1.1`, 'Host: 10.1.2.3:8080']);
    assert.equal(answer.status, 200, `${target} is a probe: ${answer.body}`);
  }
});

const smuggled = 'GET /api/v1/counter HTTP/1.1\r\nHost: localhost\r\n\r\n';
for (const [what, lines, body] of [
  ['both lengths', ['Content-Length: 4', 'Transfer-Encoding: chunked'], `0\r\n\r\n${smuggled}`],
  ['two lengths that differ', ['Content-Length: 0', 'Content-Length: 52'], smuggled],
  ['two lengths in one line', ['Content-Length: 0, 52'], smuggled],
  ['a signed length', ['Content-Length: +0'], smuggled],
  ['a hexadecimal length', ['Content-Length: 0x0'], smuggled],
  ['a length with a blank inside', ['Content-Length: 5 2'], smuggled],
  ['a length over 2^64', ['Content-Length: 18446744073709551616'], smuggled],
  ['a coding that is unknown', ['Transfer-Encoding: xchunked'], `0\r\n\r\n${smuggled}`],
  ['chunked that is not last', ['Transfer-Encoding: chunked, identity'], `0\r\n\r\n${smuggled}`],
  ['chunked twice', ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'], `0\r\n\r\n${smuggled}`],
  ['a blank before the colon', ['Transfer-Encoding : chunked'], `0\r\n\r\n${smuggled}`],
  ['a folded line', ['X-A: b', ' Content-Length: 52'], smuggled],
  ['a NUL in a header', ['X-A: b\0c'], smuggled],
  ['a carriage return alone', ['X-A: b\rContent-Length: 52'], smuggled],
  ['a chunk size that is none', ['Content-Type: application/json', 'Transfer-Encoding: chunked'], `zz\r\n${smuggled}`],
  ['a negative chunk size', ['Content-Type: application/json', 'Transfer-Encoding: chunked'], `-1\r\n${smuggled}`],
  ['a chunk size over 2^64', ['Content-Type: application/json', 'Transfer-Encoding: chunked'], `10000000000000000\r\n${smuggled}`],
  ['a chunk longer than it says', ['Content-Type: application/json', 'Transfer-Encoding: chunked'], `1\r\n{}\r\n0\r\n\r\n${smuggled}`],
  ['two hosts', ['Host: localhost'], smuggled],
]) {
  test(`a request with ${what} is refused, and nothing behind it is read`, async (t) => {
    const { connection, answer } = await raw(t, ['POST /api/v1/counter/increment HTTP/1.1', hostLine(), ...lines], body);
    assert.ok([400, 413, 431, 501].includes(answer.status), `answered ${answer.status} ${answer.body}`);
    assert.ok(answer.json?.code && answer.json?.message, answer.body);
    assert.equal(await connection.closed(), '', 'the host answered more than once');
  });
}

for (const [what, bytes] of [
  ['words', 'hello there\r\n\r\n'],
  ['a request line of two words', 'GET /health\r\n\r\n'],
  ['no host', 'GET /api/v1/counter HTTP/1.1\r\n\r\n'],
  ['a path with a control character', 'GET /a\x01b HTTP/1.1\r\nHost: localhost\r\n\r\n'],
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ['a TLS hello', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n'],
  ['a version that is none', 'GET /health HTTP/9.9\r\nHost: localhost\r\n\r\n'],
]) {
  test(`a connection that starts with ${what} is answered with an error and closed`, async (t) => {
    const connection = await RawConnection.open(host);
    t.after(() => connection.close());
    connection.send(bytes);
    const answer = await connection.response();
    assert.ok(answer.status >= 400 && answer.status < 600 && answer.status !== 500,
      `answered ${answer.status} ${answer.body}`);
    await connection.closed();
  });
}

test('after all that the host is well', async () => {
  assert.equal((await host.get('/health')).json.status, 'ok');
  await host.stop();
});
