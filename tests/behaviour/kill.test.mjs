// kill -9 under load, COMPOSABLE_KILL_ROUNDS times (5): what was answered, and what a socket saw, is
// there afterwards with its content.
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { test } from 'node:test';

import { scratch, start } from './kit/host.mjs';
import { item, kOrders, order } from './kit/orders.mjs';
import { Socket } from './kit/socket.mjs';

const kRounds = Number(process.env.COMPOSABLE_KILL_ROUNDS ?? 5);
const kClients = 24;

// Places orders, and ships every third, until the host is gone. Writes down what was answered.
async function work(host, client, known, stop) {
  for (let n = 0; !stop(); ++n) {
    const customer = `cust-${host.pid}-${client}-${n}`;
    const body = order({ customer_id: customer, items: [item({ quantity: 1, unit_price_cents: n })] });
    const placed = await host.post(kOrders, body).catch(() => null);
    if (placed === null) return;
    assert.equal(placed.status, 201, placed.text);
    const id = placed.json.order_id;
    known.set(id, { customer_id: customer, total_cents: n, status: 'placed' });
    if (n % 3 !== 0) continue;
    known.get(id).status = undefined;  // from here on either status is right, until it is answered
    const shipped = await host.post(`${kOrders}/${id}/ship`, { tracking_number: customer }).catch(() => null);
    if (shipped === null) return;
    assert.equal(shipped.status, 200, shipped.text);
    known.get(id).status = 'shipped';
  }
}

// Looks at `checks`, so many at a time.
async function inParallel(checks, check) {
  const left = [...checks];
  await Promise.all(Array.from({ length: kClients }, async () => {
    while (left.length > 0) await check(left.pop());
  }));
}

async function verify(host, known, seen, round) {
  await inParallel(known, async ([id, expected]) => {
    const answer = await host.get(`${kOrders}/${id}`);
    assert.equal(answer.status, 200, `round ${round}: ${id} was answered 201 and is gone: ${answer.text}`);
    const { customer_id, total_cents, status } = answer.json;
    assert.deepEqual({ customer_id, total_cents, status: expected.status && status }, expected,
      `round ${round}: ${id} has another content`);
  });
  await inParallel(seen, async (id) => {
    const answer = await host.get(`${kOrders}/${id}`);
    assert.equal(answer.status, 200, `round ${round}: a socket saw ${id}, and it is gone`);
  });
}

// A round looks at everything while that is at most kAll orders, and so does the last one. Else it looks
// at all that it has added itself, and at kOlder of those before: what is lost once stays lost.
const kAll = 2500;
const kOlder = 300;

function some(of, added, all) {
  const list = [...of];
  if (all) return list;
  const older = list.slice(0, list.length - added);
  return [...list.slice(list.length - added), ...Array.from({ length: Math.min(kOlder, older.length) },
    () => older[randomInt(older.length)])];
}

test(`nothing that was answered is lost in ${kRounds} times kill -9`, async (t) => {
  const data = scratch();
  const known = new Map();
  const seen = new Set();
  let host = await start({ data });
  t.after(() => host.close());
  for (let round = 1; round <= kRounds; ++round) {
    const socket = await Socket.open(host);
    socket.ws.on('message', (text) => {
      const placed = JSON.parse(text).action?.OrderPlaced;
      if (placed) seen.add(placed.order_id);
    });
    const before = known.size;
    const seenBefore = seen.size;
    const enough = before + randomInt(30, 400);
    let killed;
    const stop = () => {
      if (known.size >= enough) killed ??= host.kill();
      return killed !== undefined;
    };
    await Promise.all(Array.from({ length: kClients }, (_, client) => work(host, client, known, stop)));
    await killed;
    socket.close();
    host = await start({ data });
    const all = round === kRounds || known.size <= kAll;
    await verify(host, some(known, known.size - before, all), some(seen, seen.size - seenBefore, all), round);
    t.diagnostic(`round ${round}: ${known.size - before} orders answered before the kill, none lost`);
  }
  await host.stop();
});

test('a host that was killed while it was starting starts', async (t) => {
  const data = scratch();
  let host = await start({ data });
  t.after(() => host.close());
  const answer = await host.post(kOrders, order());
  await host.kill();
  for (let n = 0; n < 3; ++n) {
    host = await start({ data });
    await host.kill();
  }
  host = await start({ data });
  assert.equal((await host.get(answer.headers.location)).status, 200);
  await host.stop();
});
