// Orders over HTTP: every route, every variant of a body, every refusal, and what a restart keeps.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { scratch, start } from './kit/host.mjs';
import { RawConnection } from './kit/raw.mjs';
import { assertError, item, kId, kMaximum, kOrders, kUnknownId, order, place, ship }
  from './kit/orders.mjs';

const kTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
let host;
before(async () => { host = await start(); });
after(() => host?.close());

const state = async (id) => (await host.get(`${kOrders}/${id}`)).json;

test('placing an order answers 201 with its id, status, total and location', async () => {
  const answer = await host.post(kOrders, order({ items: [item(), item({ quantity: 3, unit_price_cents: 5 })] }));
  assert.equal(answer.status, 201, answer.text);
  assert.match(answer.json.order_id, kId);
  assert.deepEqual(answer.json, { order_id: answer.json.order_id, status: 'placed', total_cents: 2015 });
  assert.equal(answer.headers.location, `${kOrders}/${answer.json.order_id}`);
});

test('an order reads back as it was placed', async () => {
  const items = [item(), item({ product_id: 'prod-2', name: 'Größe "M" 🙂\n', quantity: 1, unit_price_cents: 0 })];
  const id = await place(host, order({ customer_id: 'cust-9', items }));
  const answer = await host.get(`${kOrders}/${id}`);
  assert.equal(answer.status, 200);
  const { created_at, updated_at, ...rest } = answer.json;
  assert.deepEqual(rest, { order_id: id, customer_id: 'cust-9', status: 'placed', items, total_cents: 2000 });
  assert.match(created_at, kTime);
  assert.equal(updated_at, created_at);
});

test('an answer says up to which position of the log it was made', async () => {
  const position = (answer) => answer.headers['x-composable-position'];
  const placed = await host.post(kOrders, order());
  const [epoch, first] = position(placed).split(':');
  assert.match(epoch, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  const read = () => host.get(`${kOrders}/${placed.json.order_id}`);
  assert.equal(position(await read()), `${epoch}:${first}`);
  const shipped = await host.post(`${kOrders}/${placed.json.order_id}/ship`, { tracking_number: 'T' });
  assert.equal(position(shipped), `${epoch}:${Number(first) + 1}`);
  assert.equal(position(await read()), position(shipped));
  const unknown = await host.get(`${kOrders}/${kUnknownId}`);
  assert.equal(unknown.status, 404);
  assert.equal(position(unknown), position(shipped));
  const refused = await host.post(`${kOrders}/${placed.json.order_id}/ship`, { tracking_number: 'T' });
  assert.ok(refused.status >= 400);
  assert.equal(position(refused), undefined);
  assert.equal(position(await host.get('/api/v1/counter')), undefined);
});

test('shipping an order shows in it', async () => {
  const id = await place(host);
  const answer = await host.post(`${kOrders}/${id}/ship`, { tracking_number: 'TRACK123' });
  assert.equal(answer.status, 200, answer.text);
  assert.deepEqual(answer.json, { order_id: id, status: 'shipped', tracking_number: 'TRACK123' });
  const now = await state(id);
  assert.equal(now.status, 'shipped');
  assert.equal(now.tracking_number, 'TRACK123');
  assert.match(now.shipped_at, kTime);
  assert.equal(now.updated_at, now.shipped_at);
  assert.ok(!('reason' in now) && !('cancelled_at' in now), JSON.stringify(now));
});

const kByCustomer = 'Cancelled by customer';
const kJson = 'Content-Type: application/json';
for (const [what, lines, body, reason] of [
  ['no body and no headers for one', [], '', kByCustomer],
  ['Content-Length: 0', ['Content-Length: 0'], '', kByCustomer],
  ['a JSON content type and nothing after it', [kJson], '', kByCustomer],
  ['a JSON content type and Content-Length: 0', [kJson, 'Content-Length: 0'], '', kByCustomer],
  ['an empty object', [kJson, 'Content-Length: 2'], '{}', kByCustomer],
  ['a reason', [kJson, 'Content-Length: 21'], '{"reason":"no stock"}', 'no stock'],
]) {
  test(`cancelling with ${what} is 200`, async (t) => {
    const id = await place(host);
    const raw = await RawConnection.open(host);
    t.after(() => raw.close());
    raw.send([`POST ${kOrders}/${id}/cancel HTTP/1.1`, `Host: 127.0.0.1:${host.port}`, ...lines, '', body].join('\r\n'));
    const answer = await raw.response();
    assert.equal(answer.status, 200, answer.body);
    assert.deepEqual(answer.json, { order_id: id, status: 'cancelled', reason });
    const now = await state(id);
    assert.equal(now.status, 'cancelled');
    assert.equal(now.reason, reason);
    assert.match(now.cancelled_at, kTime);
    assert.ok(!('tracking_number' in now) && !('shipped_at' in now), JSON.stringify(now));
  });
}

const long = 'x'.repeat(256);
const placed = (body, path) => ({ target: kOrders, body, path });
const withItem = (more, path) => placed(order({ items: [item(), item(more)] }), `items[1].${path}`);
const violations = {
  'no items': placed(order({ items: [] }), 'items'),
  'more than 1,000 items': placed(order({ items: Array(1001).fill(item()) }), 'items'),
  'a quantity of 0': withItem({ quantity: 0 }, 'quantity'),
  'a negative price': withItem({ unit_price_cents: -1 }, 'unit_price_cents'),
  'an empty customer': placed(order({ customer_id: '' }), 'customer_id'),
  'a blank customer': placed(order({ customer_id: ' \t ' }), 'customer_id'),
  'a customer of 256 bytes': placed(order({ customer_id: long }), 'customer_id'),
  'a customer of 86 characters in 258 bytes': placed(order({ customer_id: '€'.repeat(86) }), 'customer_id'),
  'an empty product': withItem({ product_id: '' }, 'product_id'),
  'a blank product': withItem({ product_id: '  ' }, 'product_id'),
  'a product of spaces and nothings from all over Unicode': withItem({ product_id: '\u00a0\u3000\u200b\ufeff\u2028' }, 'product_id'),
  'a product of control characters': withItem({ product_id: '\u0000\u0007\u0085' }, 'product_id'),
  'a product of 256 bytes': withItem({ product_id: long }, 'product_id'),
  'an empty name': withItem({ name: '' }, 'name'),
  'a blank name': withItem({ name: '\n' }, 'name'),
  'a name of 256 bytes': withItem({ name: long }, 'name'),
  'a total over 2^53-1 in one item':
    placed(order({ items: [item({ quantity: 2, unit_price_cents: kMaximum })] }), /./),
  'a total over 2^53-1 in two items': placed(
    order({ items: [item({ quantity: 1, unit_price_cents: kMaximum }), item({ quantity: 1, unit_price_cents: 1 })] }), /./),
};
for (const [what, { target, body, path }] of Object.entries(violations)) {
  test(`placing an order with ${what} is 422 and names the place`, async () => {
    assertError(await host.post(target, body), 422, 'VALIDATION_ERROR', { path });
  });
}

test('a total that would wrap round 2^64 is 422', async () => {
  const body = '{"customer_id":"c","items":[{"product_id":"p","name":"n","quantity":4,' +
               '"unit_price_cents":4611686018427387904}]}';
  const answer = await host.request('POST', kOrders, { body, headers: { 'content-type': 'application/json' } });
  assertError(answer, 422, 'VALIDATION_ERROR', { path: /./ });
});

for (const [what, tracking] of [['an empty', ''], ['a blank', '   '], ['an invisible', '\u200b\u2060'], ['a 256 bytes long', long]]) {
  test(`shipping with ${what} tracking number is 422 and changes nothing`, async () => {
    const id = await place(host);
    const answer = await host.post(`${kOrders}/${id}/ship`, { tracking_number: tracking });
    assertError(answer, 422, 'VALIDATION_ERROR', { path: 'tracking_number' });
    assert.equal((await state(id)).status, 'placed');
  });
}

test('the largest order that is allowed is placed', async () => {
  const most = 'y'.repeat(255);
  const items = Array.from({ length: 1000 }, () => item({ quantity: 1, unit_price_cents: 0 }));
  items[0] = item({ product_id: most, name: most, quantity: 1, unit_price_cents: kMaximum });
  const id = await place(host, order({ customer_id: most, items }));
  const now = await state(id);
  assert.equal(now.total_cents, kMaximum);
  assert.deepEqual(now.items, items);
});

test('shipping without a tracking number is 400 and names the field', async () => {
  const id = await place(host);
  assertError(await host.post(`${kOrders}/${id}/ship`, {}), 400, 'BAD_REQUEST', { message: /tracking_number/ });
  assertError(await host.post(`${kOrders}/${id}/ship`, { tracking: 'T' }), 400, 'BAD_REQUEST',
    { message: /unknown field "tracking"/ });
  const none = await host.request('POST', `${kOrders}/${id}/ship`);
  assert.ok(none.status === 400 || none.status === 415, none.text);
  assert.equal((await state(id)).status, 'placed');
});

for (const [first, then, status] of [
  ['ship', 'cancel', 'shipped'], ['ship', 'ship', 'shipped'],
  ['cancel', 'ship', 'cancelled'], ['cancel', 'cancel', 'cancelled'],
]) {
  test(`to ${then} an order after ${first} is 400 and names its status`, async () => {
    const bodies = { ship: { tracking_number: 'T1' }, cancel: { reason: 'first' } };
    const id = await place(host);
    assert.equal((await host.post(`${kOrders}/${id}/${first}`, bodies[first])).status, 200);
    const earlier = await state(id);
    const answer = await host.post(`${kOrders}/${id}/${then}`,
      then === 'ship' ? { tracking_number: 'T2' } : { reason: 'second' });
    assertError(answer, 400, 'INVALID_ORDER_STATE', { message: new RegExp(`\\b${status}\\b`) });
    assert.deepEqual(await state(id), earlier);
  });
}

for (const [what, id] of [
  ['unknown', kUnknownId], ['malformed', 'nope'], ['cut', 'order-'], ['half', 'order-0189'],
  ['upper case', kUnknownId.toUpperCase()], ['escaped', '%41bc'], ['very long', 'o'.repeat(2000)],
  ['traversing', '..%2F..%2Fetc%2Fpasswd'],
]) {
  test(`an id that is ${what} is 404 on every route`, async () => {
    assertError(await host.get(`${kOrders}/${id}`), 404, 'NOT_FOUND');
    assertError(await host.post(`${kOrders}/${id}/ship`, { tracking_number: 'T' }), 404, 'NOT_FOUND');
    assertError(await host.post(`${kOrders}/${id}/cancel`, {}), 404, 'NOT_FOUND');
  });
}

// The 100 says that the route was chosen; the rest makes the host's buffer move.
test('the path of a request is the same however large the body is that follows', async (t) => {
  const id = await place(host);
  const raw = await RawConnection.open(host);
  t.after(() => raw.close());
  const body = `{"reason":"large"${' '.repeat(500_000)}}`;
  raw.send([`POST ${kOrders}/${id}/cancel HTTP/1.1`, 'Host: localhost', kJson, 'Expect: 100-continue',
    `Content-Length: ${body.length}`, '', ''].join('\r\n'));
  assert.equal((await raw.response()).status, 100);
  raw.send(body);
  const answer = await raw.response();
  assert.deepEqual([answer.status, answer.json], [200, { order_id: id, status: 'cancelled', reason: 'large' }]);
});

for (const number of [`0.${'0'.repeat(700)}1`, `0.${'0'.repeat(5000)}1`, `-0.${'0'.repeat(900)}7e-5`, '1e-2147483648',
  '0.0000000001e-2147483639', `${'1'.repeat(300)}e-640`]) {
  test(`a number too small for any reader is refused: ${number.slice(0, 24)}, ${number.length} characters`, async () => {
    const body = JSON.stringify(order({ items: [item({ unit_price_cents: 12345 })] })).replace('12345', number);
    const answer = await host.request('POST', kOrders, { body, headers: { 'content-type': 'application/json' } });
    assertError(answer, 400, 'BAD_REQUEST', { path: 'items[0].unit_price_cents', message: /^expected integer, found / });
    assert.equal((await host.get('/health')).json.status, 'ok');
  });
}

test('a restart keeps every order as it was', async (t) => {
  const data = scratch();
  let mine = await start({ data });
  t.after(() => mine.close());
  const ids = [];
  for (let n = 0; n < 30; ++n) {
    ids.push(await place(mine, order({ customer_id: `cust-${n}`, items: [item({ unit_price_cents: n })] })));
  }
  for (const id of ids.slice(0, 10)) await ship(mine, id, `T-${id}`);
  for (const id of ids.slice(10, 20)) {
    assert.equal((await mine.post(`${kOrders}/${id}/cancel`, { reason: `R-${id}` })).status, 200);
  }
  const read = () => Promise.all(ids.map(async (id) => (await mine.get(`${kOrders}/${id}`)).json));
  const earlier = await read();
  assert.deepEqual(earlier.map((one) => one.status),
    [...Array(10).fill('shipped'), ...Array(10).fill('cancelled'), ...Array(10).fill('placed')]);

  await mine.stop();
  mine = await start({ data });
  assert.deepEqual(await read(), earlier);
  await ship(mine, ids[25]);
  assertError(await mine.post(`${kOrders}/${ids[0]}/cancel`, {}), 400, 'INVALID_ORDER_STATE');
  await mine.stop();
});

test('the start says how many events it replayed', async (t) => {
  const data = scratch();
  let mine = await start({ data });
  t.after(() => mine.close());
  for (let n = 0; n < 7; ++n) await place(mine);
  await mine.stop();
  mine = await start({ data });
  assert.match(mine.stderr, /\borders replayed events=7\b/, `nothing of 7 replayed events in:\n${mine.stderr}`);
});
