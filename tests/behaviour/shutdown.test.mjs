// SIGTERM and SIGINT: what runs is answered, sockets are told, nothing is lost, exit 0.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { run, plugins, scratch, start } from './kit/host.mjs';
import { item, kOrders, order, place } from './kit/orders.mjs';
import { RawConnection } from './kit/raw.mjs';
import { Socket } from './kit/socket.mjs';
import { within } from './kit/wait.mjs';

test('an idle host ends with 0 on SIGTERM and on SIGINT', async (t) => {
  for (const signal of ['SIGTERM', 'SIGINT']) {
    const host = await start();
    t.after(() => host.close());
    host.child.kill(signal);
    assert.deepEqual(await within(host.exited, `end after ${signal}`), { code: 0, signal: null }, host.stderr);
  }
});

test('open sockets are closed with 1001, also those that do not answer', async (t) => {
  const host = await start();
  t.after(() => host.close());
  const sockets = await Promise.all(Array.from({ length: 20 }, () => Socket.open(host)));
  const silent = await RawConnection.open(host);
  t.after(() => silent.close());
  assert.equal((await silent.upgrade(host)).status, 101);
  const stopped = host.stop();
  for (const socket of sockets) assert.equal((await socket.closed()).code, 1001);
  const last = await silent.frame();
  assert.equal(last.opcode, 8);
  assert.equal(last.payload.readUInt16BE(), 1001);
  await stopped;
});

test('idle connections do not keep the host', async (t) => {
  const host = await start();
  t.after(() => host.close());
  const idle = await RawConnection.open(host);
  const kept = await RawConnection.open(host);
  t.after(() => { idle.close(); kept.close(); });
  kept.send(`GET /health HTTP/1.1\r\nHost: 127.0.0.1:${host.port}\r\n\r\n`);
  assert.equal((await kept.response()).status, 200);
  await host.stop();
  await Promise.all([idle.closed(), kept.closed()]);
});

test('a stop under load answers or refuses, and keeps what it answered', async (t) => {
  const data = scratch();
  let host = await start({ data });
  t.after(() => host.close());
  const kept = [];
  let stopped;
  await Promise.all(Array.from({ length: 32 }, async (_, client) => {
    for (let n = 0; n < 1000; ++n) {
      const body = order({ customer_id: `cust-${client}-${n}`, items: [item({ quantity: 1, unit_price_cents: n })] });
      const answer = await host.post(kOrders, body).catch(() => null);
      if (answer === null) return;
      if (answer.status !== 201) {
        assert.equal(answer.status, 503, answer.text);
        return;
      }
      kept.push([answer.json.order_id, body]);
      if (kept.length === 300) stopped = host.stop();
    }
  }));
  assert.ok(stopped, 'the load ended before the stop');
  await stopped;
  assert.ok(kept.length >= 300);
  host = await start({ data });
  for (const [id, body] of kept) {
    const answer = await host.get(`${kOrders}/${id}`);
    assert.equal(answer.status, 200, `${id} was answered 201 before the stop and is gone`);
    assert.equal(answer.json.customer_id, body.customer_id);
    assert.deepEqual(answer.json.items, body.items);
  }
  await host.stop();
});

test('a second host on one data directory is refused, the first serves on', async (t) => {
  const host = await start();
  t.after(() => host.close());
  const id = await place(host);
  const second = await run(['run', '--plugins', plugins(), '--data-dir', host.data, '--listen', '127.0.0.1:0']);
  assert.notEqual(second.code, 0, second.stderr);
  assert.equal(second.signal, null, second.stderr);
  assert.ok(second.stderr.includes(host.data), `the data directory is not named:\n${second.stderr}`);
  assert.equal((await host.get(`${kOrders}/${id}`)).status, 200);
  await host.stop();
});

test('a port that is taken is named', async (t) => {
  const host = await start();
  t.after(() => host.close());
  const second = await run(['run', '--plugins', plugins(), '--data-dir', scratch(), '--listen', `127.0.0.1:${host.port}`]);
  assert.notEqual(second.code, 0, second.stderr);
  assert.ok(second.stderr.includes(`127.0.0.1:${host.port}`), second.stderr);
  await host.stop();
});
