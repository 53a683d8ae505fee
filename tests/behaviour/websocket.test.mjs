// WebSocket messages: the shapes of the protocol, which socket sees what, and what a bad client gets.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { start } from './kit/host.mjs';
import { item, kId, kOrders, kUnknownId, order, place, ship } from './kit/orders.mjs';
import { RawConnection } from './kit/raw.mjs';
import { Socket } from './kit/socket.mjs';

const kUuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
let host;
before(async () => { host = await start(); });
after(() => host?.close());

async function open(t, target, options) {
  const socket = await Socket.open(host, target, options);
  t.after(() => socket.close());
  return socket;
}
const type = (message) => Object.keys(message.action)[0];
const isEvent = (name) => (message) => message.type === 'event' && type(message) === name;

// The error a message is answered with; the socket must still work after it.
async function refused(socket, message, code, more = {}) {
  socket.send(message);
  const error = await socket.next('error');
  const said = `${JSON.stringify(message)} was answered ${JSON.stringify(error)}`;
  assert.equal(error.type, 'error', said);
  if (code) assert.equal(error.code, code, said);
  assert.equal(typeof error.code, 'string', said);
  assert.ok(error.message, said);
  if (more.message) assert.match(error.message, more.message, said);
  if (more.path) assert.match(error.path ?? '', more.path, said);
  assert.equal(error.id, more.id, said);
  assert.deepEqual(await socket.drain(), [], said);
  return error;
}

test('an order placed over HTTP is an event on every socket for all domains', async (t) => {
  for (const target of ['/ws', '/api/v1/ws', '/api/v1/orders/ws']) {
    const socket = await open(t, target);
    assert.deepEqual(await socket.drain(), []);
    const body = order({ customer_id: `cust-${target}` });
    const id = await place(host, body);
    const event = await socket.next('OrderPlaced');
    const { position, ...rest } = event;
    assert.ok(Number.isInteger(position) && position > 0, JSON.stringify(event));
    assert.deepEqual(rest, {
      type: 'event', domain: 'orders', stream: id,
      action: { OrderPlaced: { order_id: id, ...body, total_cents: 2000, status: 'placed' } },
    }, target);
  }
});

test('positions grow by one in a log that only orders writes', async (t) => {
  const socket = await open(t, '/ws');
  const ids = [];
  for (let n = 0; n < 5; ++n) ids.push(await place(host));
  const events = [];
  for (const id of ids) {
    events.push(await socket.next());
    assert.equal(events.at(-1).stream, id);
  }
  assert.deepEqual(events.map((event) => event.position), events.map((_, n) => events[0].position + n));
});

test('a command with an id has its event first and then one ack', async (t) => {
  const socket = await open(t, '/ws');
  socket.command({ PlaceOrder: order() }, { id: 'cmd-1' });
  const event = await socket.next('OrderPlaced');
  const ack = await socket.next('ack');
  assert.equal(type(event), 'OrderPlaced');
  const placed = event.action.OrderPlaced;
  assert.match(placed.order_id, kId);
  assert.equal(ack.type, 'ack', JSON.stringify(ack));
  assert.equal(ack.id, 'cmd-1');
  assert.match(ack.correlation_id, kUuid);
  assert.equal(event.correlation_id, ack.correlation_id);
  if ('position' in ack) assert.equal(ack.position, event.position);
  const known = ['type', 'id', 'correlation_id', 'epoch', 'position'];
  assert.deepEqual(Object.keys(ack).filter((key) => !known.includes(key)), []);
  assert.equal((await host.get(`${kOrders}/${placed.order_id}`)).json.status, 'placed');
  assert.deepEqual(await socket.drain(), []);
});

test('a command without an id has its event and no ack', async (t) => {
  const socket = await open(t, '/ws');
  socket.command({ PlaceOrder: order() });
  assert.ok(isEvent('OrderPlaced')(await socket.next()));
  assert.deepEqual(await socket.drain(), []);
});

test('only the socket that caused an event sees its correlation id', async (t) => {
  const [mine, other] = [await open(t, '/ws'), await open(t, '/ws')];
  mine.command({ PlaceOrder: order() }, { id: 'a' });
  const [here, there] = [await mine.next(), await other.next()];
  assert.match(here.correlation_id, kUuid);
  const { correlation_id, ...rest } = here;
  assert.deepEqual(there, rest);
});

test('an order is placed, shipped and refused to be cancelled over one socket', async (t) => {
  const [socket, other] = [await open(t, '/ws'), await open(t, '/ws')];
  socket.command({ PlaceOrder: order() }, { id: '1' });
  const id = (await socket.next()).action.OrderPlaced.order_id;
  await socket.next('ack');
  socket.command({ ShipOrder: { order_id: id, tracking_number: 'T9' } }, { id: '2', domain: 'orders' });
  assert.deepEqual((await socket.next()).action, { OrderShipped: { order_id: id, tracking_number: 'T9' } });
  assert.equal((await socket.next('ack')).id, '2');
  const error = await refused(socket, { type: 'command', id: '3', action: { CancelOrder: { order_id: id } } },
    'INVALID_ORDER_STATE', { id: '3', message: /shipped/ });
  assert.match(error.correlation_id, kUuid);
  if ('action' in error) {
    assert.deepEqual(error.action, { InvalidOrderState: { order_id: id, current_status: 'shipped' } });
  }
  assert.deepEqual((await other.drain()).map(type), ['OrderPlaced', 'OrderShipped'], 'a rejection is nobody else\'s');
});

test('an unknown order is an error with the code of its rejection', async (t) => {
  await refused(await open(t, '/ws'), { type: 'command', id: 'x', action: { CancelOrder: { order_id: kUnknownId } } },
    'NOT_FOUND', { id: 'x' });
});

test('a command that the domain finds invalid is an error that names the place', async (t) => {
  await refused(await open(t, '/ws'),
    { type: 'command', id: 'x', action: { PlaceOrder: order({ items: [item({ quantity: 0 })] }) } },
    'VALIDATION_ERROR', { id: 'x', path: /items\[0\]\.quantity$/ });
});

test('a command that cannot be read is an error that names the place', async (t) => {
  const socket = await open(t, '/ws');
  const command = (action, more) => ({ type: 'command', id: 'x', action, ...more });
  const bad = (action, more) => refused(socket, command(action), 'BAD_REQUEST', { id: 'x', ...more });
  await bad({ PlaceOrder: { customer_id: 5, items: [] } }, { path: /customer_id$/ });
  await bad({ PlaceOrder: { ...order(), itmes: [] } }, { message: /items/ });
  await bad({ PlaceOrder: { items: [item()] } }, { message: /customer_id/ });
  await refused(socket, command({ PlaceOder: order() }), undefined, { id: 'x', message: /PlaceOrder/ });
  await refused(socket, command({ PlaceOrder: order() }, { domain: 'nope' }), undefined, { id: 'x', message: /nope/ });
  await refused(socket, command({ PlaceOrder: order() }, { domain: 'counter' }), undefined, { id: 'x', message: /PlaceOrder/ });
});

test('a socket sends commands, and nothing else that a domain understands', async (t) => {
  const [socket, other] = [await open(t, '/ws'), await open(t, '/ws')];
  const forged = { OrderPlaced: { order_id: kUnknownId, ...order(), total_cents: 1, status: 'placed' } };
  await refused(socket, { type: 'command', id: 'e', action: forged }, undefined, { id: 'e', message: /OrderPlaced/ });
  await refused(socket, { type: 'event', action: forged });
  await refused(socket, { type: 'command', id: 'r', action: { OrderNotFound: { order_id: 'x' } } }, undefined,
    { id: 'r', message: /OrderNotFound/ });
  assert.deepEqual(await other.drain(), []);
  assert.equal((await host.get(`${kOrders}/${kUnknownId}`)).status, 404);
});

test('a frame that is no message is an error, and the socket stays open', async (t) => {
  const socket = await open(t, '/ws');
  for (const [frame, more] of [
    ['hello', {}], ['', {}], ['[]', {}], ['5', {}], ['null', {}], ['{}', { message: /type/ }],
    ['{"type":"command"', {}], ['{"type":5}', { path: /type/ }], ['{"type":"comand"}', { message: /command/ }],
    ['{"type":"command"}', { message: /action/ }], ['{"type":"command","action":{}}', {}],
    ['{"type":"command","action":[]}', { path: /action/ }],
    ['{"type":"command","action":{"PlaceOrder":{},"CancelOrder":{}}}', {}],
    ['{"type":"command","action":{"PlaceOrder":{}},"id":{}}', { path: /id/ }],
    ['{"type":"ping"} x', {}], ['{"type":"ping","type":"ping"}', {}],
    ['['.repeat(10000), {}],
  ]) {
    await refused(socket, frame, 'BAD_REQUEST', more);
  }
  await refused(socket, '{"type":"command","id":"k","bogus":1,"action":{"PlaceOrder":{}}}', 'BAD_REQUEST',
    { id: 'k', message: /bogus/ });
});

test('a text ping has a pong, a text pong has nothing', async (t) => {
  const socket = await open(t, '/ws');
  socket.send({ type: 'pong' }).send({ type: 'ping' });
  assert.deepEqual(await socket.next(), { type: 'pong' });
});

test('a protocol ping has a pong with the same bytes', async (t) => {
  const socket = await open(t, '/ws');
  const pong = new Promise((resolve) => { socket.ws.once('pong', resolve); });
  socket.ws.ping('are you there');
  assert.equal((await pong).toString(), 'are you there');
});

test('subscribe replaces the filter, unsubscribe stops events', async (t) => {
  const socket = await open(t, '/ws');
  const subscribe = async (filter) => {
    socket.send({ type: 'subscribe', id: 's', ...filter });
    const ack = await socket.next('ack');
    assert.equal(ack.type, 'ack', JSON.stringify(ack));
    assert.equal(ack.id, 's');
  };
  // Everything that happens below, as the socket sees it: OrderPlaced, OrderShipped, Incremented.
  const seen = async (id) => {
    id ??= await place(host);
    await ship(host, id);
    assert.equal((await host.post('/api/v1/counter/increment', {})).status, 200);
    return (await socket.drain()).map(type);
  };
  assert.deepEqual(await seen(), ['OrderPlaced', 'OrderShipped', 'Incremented']);
  await subscribe({ actions: ['OrderShipped'] });
  assert.deepEqual(await seen(), ['OrderShipped']);
  await subscribe({ domains: ['counter'] });
  assert.deepEqual(await seen(), ['Incremented']);
  await subscribe({ domains: ['orders'], actions: ['OrderPlaced', 'Incremented'] });
  assert.deepEqual(await seen(), ['OrderPlaced']);
  await subscribe({ streams: [kUnknownId] });
  assert.deepEqual(await seen(), []);
  const id = await place(host);
  await subscribe({ streams: [id] });
  assert.deepEqual(await seen(id), ['OrderShipped']);
  await subscribe({});
  assert.deepEqual(await seen(), ['OrderPlaced', 'OrderShipped', 'Incremented']);
  socket.send({ type: 'unsubscribe' });
  await socket.drain();
  assert.deepEqual(await seen(), []);
});

test('a filter that names what there is not is an error and changes nothing', async (t) => {
  const socket = await open(t, '/ws');
  await refused(socket, { type: 'subscribe', id: 's', domains: ['ordres'] }, undefined, { id: 's', message: /ordres/ });
  await refused(socket, { type: 'subscribe', id: 's', actions: ['OrderPlacd'] }, undefined, { id: 's', message: /OrderPlacd/ });
  await refused(socket, { type: 'subscribe', id: 's', actions: Array(65).fill('OrderPlaced') }, undefined, { id: 's', message: /64/ });
  await refused(socket, { type: 'subscribe', id: 's', action: ['OrderPlaced'] }, 'BAD_REQUEST', { id: 's', message: /action/ });
  await place(host);
  assert.ok(isEvent('OrderPlaced')(await socket.next()));
});

test('a socket of one domain hears and speaks to that domain only', async (t) => {
  const socket = await open(t, '/api/v1/counter/ws');
  await place(host);
  socket.command({ Increment: {} }, { id: 'i' });
  const event = await socket.next();
  assert.equal(event.domain, 'counter');
  assert.equal(type(event), 'Incremented');
  assert.ok(!('position' in event) && !('stream' in event), `not stored: ${JSON.stringify(event)}`);
  assert.equal((await socket.next()).type, 'ack');
  await refused(socket, { type: 'command', id: 'p', action: { PlaceOrder: order() } }, undefined, { id: 'p' });
});

test('an upgrade of another path, or of none, is refused', async () => {
  for (const target of ['/api/v1/nope/ws', '/nope', '/ws/']) {
    assert.equal((await Socket.refused(host, target)).status, 404, target);
  }
});

test('a socket path without an upgrade is 426', async () => {
  const answer = await host.get('/ws');
  assert.equal(answer.status, 426, answer.text);
  assert.equal(answer.json.code, 'UPGRADE_REQUIRED');
});

test('a handshake of another version, without a key or by POST is refused', async (t) => {
  const ask = async (lines) => {
    const raw = await RawConnection.open(host);
    t.after(() => raw.close());
    raw.send([...lines, `Host: 127.0.0.1:${host.port}`, 'Connection: Upgrade', 'Upgrade: websocket', '', ''].join('\r\n'));
    return raw.response();
  };
  const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==';
  const version = await ask(['GET /ws HTTP/1.1', 'Sec-WebSocket-Version: 8', key]);
  assert.ok([400, 426].includes(version.status), version.body);
  assert.match(version.headers['sec-websocket-version'] ?? '', /13/);
  assert.equal((await ask(['GET /ws HTTP/1.1', 'Sec-WebSocket-Version: 13'])).status, 400);
  assert.equal((await ask(['GET /ws HTTP/1.1', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: c2hvcnQ='])).status, 400);
  assert.equal((await ask(['POST /ws HTTP/1.1', 'Sec-WebSocket-Version: 13', key])).status, 405);
});

test('an upgrade from another origin is 403', async (t) => {
  for (const origin of ['https://evil.example', 'null', `https://127.0.0.1:${host.port}`, `http://127.0.0.1:${host.port}.evil.example`]) {
    const answer = await Socket.refused(host, '/ws', { headers: { origin } });
    assert.equal(answer.status, 403, origin);
    assert.equal(answer.json.code, 'FORBIDDEN', origin);
  }
  const own = await open(t, '/ws', { headers: { origin: host.origin } });
  assert.deepEqual(await own.drain(), []);
});

test('compression is declined', async (t) => {
  const raw = await RawConnection.open(host);
  t.after(() => raw.close());
  const answer = await raw.upgrade(host, '/ws', ['Sec-WebSocket-Extensions: permessage-deflate']);
  assert.equal(answer.status, 101);
  assert.equal(answer.headers['sec-websocket-extensions'], undefined);
});

test('text that is cut inside a character across fragments is read', async (t) => {
  const socket = await open(t, '/ws');
  const bytes = Buffer.from(JSON.stringify({ type: 'command', id: 'f', action: { PlaceOrder: order({ customer_id: 'ü€🙂' }) } }));
  for (let n = 0; n < bytes.length; ++n) {
    socket.ws.send(bytes.subarray(n, n + 1), { binary: false, fin: n + 1 === bytes.length });
  }
  assert.equal((await socket.next()).action.OrderPlaced.customer_id, 'ü€🙂');
  assert.equal((await socket.next()).id, 'f');
});

test('a message of 64 KB is read, a larger one closes with 1009', async (t) => {
  const socket = await open(t, '/ws');
  await refused(socket, 'x'.repeat(65536), 'BAD_REQUEST');
  socket.send('x'.repeat(65537));
  assert.equal((await socket.closed()).code, 1009);
  const slices = await open(t, '/ws');
  for (let n = 0; n < 20 && slices.ws.readyState === 1; ++n) {
    slices.ws.send('x'.repeat(4096), { fin: false });
  }
  assert.equal((await slices.closed()).code, 1009);
});

test('a binary message closes with 1003, and one that is not UTF-8 with 1007', async (t) => {
  const binary = await open(t, '/ws');
  binary.send(Buffer.from([1, 2, 3]), { binary: true });
  assert.equal((await binary.closed()).code, 1003);
  for (const bytes of [[0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82]]) {
    const socket = await open(t, '/ws');
    socket.send(Buffer.from(bytes), { binary: false });
    assert.equal((await socket.closed()).code, 1007, `bytes ${bytes}`);
  }
});

test('a slow client loses events and is told how many, nobody else notices', async (t) => {
  const [slow, fast] = [await open(t, '/ws'), await open(t, '/ws')];
  const items = Array.from({ length: 40 }, () => item({ name: 'n'.repeat(250) }));
  const total = 1500;  // 20 MB of events
  slow.ws.pause();
  let left = total;
  const placing = Promise.all(Array.from({ length: 16 }, async () => {
    while (left-- > 0) await place(host, order({ items }));
  }));
  for (let n = 0; n < total; ++n) assert.equal((await fast.next(`event ${n}`)).type, 'event');
  await placing;
  slow.ws.resume();
  const received = await slow.drain();
  const gaps = received.filter((message) => message.type === 'gap');
  const events = received.filter((message) => message.type === 'event');
  const skipped = gaps.reduce((sum, gap) => sum + gap.skipped, 0);
  assert.ok(gaps.length > 0, `a reader that stood still got all ${events.length} events`);
  assert.equal(events.length + skipped, total);
  assert.ok(gaps.every((gap) => gap.domain === 'orders'), JSON.stringify(gaps));
  await place(host);
  assert.ok(isEvent('OrderPlaced')(await slow.next('event after the gap')));
});

test('two sockets and HTTP see one order of events', async (t) => {
  const sockets = [await open(t, '/ws'), await open(t, '/ws')];
  const total = 200;
  await Promise.all(Array.from({ length: total }, (_, n) => (n % 2 === 0
    ? place(host) : sockets[n % 4 === 1 ? 0 : 1].command({ PlaceOrder: order() }))));
  const [one, two] = await Promise.all(sockets.map(async (socket) => {
    const positions = [];
    while (positions.length < total) positions.push((await socket.next()).position);
    return positions;
  }));
  assert.deepEqual(one, two);
  assert.deepEqual(one, one.map((_, n) => one[0] + n));
});

test('after all that the host is well', async () => {
  assert.equal((await host.get('/health')).json.status, 'ok');
  await host.stop();
});
