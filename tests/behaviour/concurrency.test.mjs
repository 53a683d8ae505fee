// Many clients at once: every reply is the reply to its own request, whatever the clients claim.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { scratch, start } from './kit/host.mjs';
import { item, kOrders, order, place } from './kit/orders.mjs';

const kCorrelation = '0192f0c1-2b3a-7c4d-8e5f-00aabbccddee';
const numbered = (n) =>
  order({ customer_id: `cust-${n}`, items: [item({ name: `Widget ${n}`, quantity: 1, unit_price_cents: n })] });

test('1,000 orders at once over 64 connections with one correlation id each get their own reply, and stay', async (t) => {
  const data = scratch();
  let host = await start({ data });
  t.after(() => host.close());
  const headers = { 'x-correlation-id': kCorrelation };
  const answers = await Promise.all(
    Array.from({ length: 1000 }, (_, n) => host.post(kOrders, numbered(n), { headers })));
  for (const [n, answer] of answers.entries()) {
    assert.equal(answer.status, 201, `order ${n}: ${answer.text}`);
    assert.equal(answer.json.total_cents, n, `order ${n} was answered with another's total: ${answer.text}`);
    assert.equal(answer.headers.location, `${kOrders}/${answer.json.order_id}`);
    assert.equal(answer.headers['x-correlation-id'], kCorrelation);
  }
  const ids = answers.map((answer) => answer.json.order_id);
  assert.equal(new Set(ids).size, 1000, 'an order id was given twice');

  const check = () => Promise.all(ids.map(async (id, n) => {
    const answer = await host.get(`${kOrders}/${id}`);
    assert.equal(answer.status, 200, `order ${n}: ${answer.text}`);
    const { customer_id, items, total_cents, status } = answer.json;
    assert.deepEqual({ customer_id, items, total_cents, status },
      { ...numbered(n), total_cents: n, status: 'placed' }, `order ${n} reads back as another`);
  }));
  await check();
  await host.stop();
  host = await start({ data });
  await check();
  await host.stop();
});

test('of two commands in flight on one order, one wins and the other is decided after it', async (t) => {
  const host = await start();
  t.after(() => host.close());
  const ids = await Promise.all(Array.from({ length: 60 }, () => place(host)));
  let shipped = 0;
  await Promise.all(ids.map(async (id, n) => {
    const ship = () => host.post(`${kOrders}/${id}/ship`, { tracking_number: `T-${n}` });
    const cancel = () => host.post(`${kOrders}/${id}/cancel`, { reason: `R-${n}` });
    const tries = n % 2 === 0 ? [ship(), cancel()] : [cancel(), ship()];
    const [first, second] = await Promise.all(tries);
    const [won, lost] = first.status === 200 ? [first, second] : [second, first];
    assert.equal(won.status, 200, `neither won: ${first.text} ${second.text}`);
    assert.equal(lost.status, 400, `both answered: ${first.text} ${second.text}`);
    assert.equal(lost.json.code, 'INVALID_ORDER_STATE');
    assert.match(lost.json.message, new RegExp(won.json.status), 'the loser was not shown the new state');
    const { status } = (await host.get(`${kOrders}/${id}`)).json;
    assert.equal(status, won.json.status);
    shipped += Number(status === 'shipped');
  }));
  t.diagnostic(`${shipped} of ${ids.length} shipped`);
  await host.stop();
});

test('100 commands on one order have one winner', async (t) => {
  const host = await start();
  t.after(() => host.close());
  const id = await place(host);
  const answers = await Promise.all(Array.from({ length: 100 }, (_, n) =>
    host.post(`${kOrders}/${id}/ship`, { tracking_number: `T-${n}` })));
  const winners = answers.map((answer, n) => [answer.status, n]).filter(([status]) => status === 200);
  assert.equal(winners.length, 1, `statuses ${answers.map((answer) => answer.status)}`);
  assert.equal((await host.get(`${kOrders}/${id}`)).json.tracking_number, `T-${winners[0][1]}`);
  await host.stop();
});

test('increments of 50 clients at once add up, and each reply shows a count of its own', async (t) => {
  const host = await start();
  t.after(() => host.close());
  const counts = await Promise.all(Array.from({ length: 500 }, async () =>
    (await host.post('/api/v1/counter/increment', {})).json.count));
  assert.deepEqual(counts.sort((a, b) => a - b), Array.from({ length: 500 }, (_, n) => n + 1));
  await host.stop();
});
