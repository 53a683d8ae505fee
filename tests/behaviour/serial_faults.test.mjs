// Commands that fail in every way, under load and while the domain is reloaded: each is answered once
// and clearly, and takes nobody with it. A reload and kill -9 with a flight in progress.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { BlockedLog } from './kit/blocked_log.mjs';
import { Counterpart, ending, hall, ledger, officeFile, openOffice, pipelined, post } from './kit/box_office.mjs';
import { put, reload, settled } from './kit/generations.mjs';
import { scratch } from './kit/host.mjs';
import { until } from './kit/wait.mjs';

const kRounds = process.env.COMPOSABLE_SANITIZE ? 5 : Number(process.env.COMPOSABLE_FAULT_ROUNDS ?? 15);
const kInternal = 'INTERNAL_SERVER_ERROR';
const many = (count, make) => Array.from({ length: count }, (_, n) => make(n));

// One socket that sends good and bad commands in one go; the ends of all, by what was sent.
async function sendMixed(host, name, rounds) {
  const socket = await Counterpart.open(host);
  for (let round = 0; round < rounds; ++round) {
    const place = (n) => `${name}-${round}-${n}`;
    const commands = [{ Touch: { place: place(0) } }, { Explode: {} }, { Touch: { place: place(1) } },
      { Complain: {} }, ...(round % 5 === 2 ? [{ Taste: { flavours: ['sweet', 'poison'] } }] : []),
      { Stamp: { sheet: place(0), expected: 7 } }, { Touch: { place: place(2) } }, { Ignore: {} }];
    const answers = await socket.exchange(commands);
    const base = Math.min(...answers.map(({ id }) => id));
    const byId = answers.toSorted((a, b) => a.id - b.id);
    assert.deepEqual(byId.map(({ id }) => id - base), many(commands.length, (n) => n), 'each is answered once');
    for (const [n, answer] of byId.entries()) {
      const [what] = Object.keys(commands[n]);
      const expected = { Touch: 'ack', Explode: kInternal, Complain: 'REGRETTED', Taste: kInternal,
        Stamp: 'CONFLICT', Ignore: 'ack' }[what];
      assert.equal(ending(answer), expected, `${what}: ${JSON.stringify(answer)}`);
      assert.doesNotMatch(JSON.stringify(answer), /nobody can/, 'the cause is for the log');
    }
  }
  socket.close();
  return many(rounds, (round) => many(3, (n) => `touched ${name}-${round}-${n}`)).flat();
}

async function pipelineMixed(host, name, rounds) {
  for (let round = 0; round < rounds; ++round) {
    const answers = await pipelined(host, [{ Touch: { place: `${name}-${round}` } }, { Explode: {} },
      { Complain: {} }, { Touch: { place: `${name}-${round}-b` } }]);
    assert.deepEqual(answers.map(({ status }) => status), [200, 500, 422, 200]);
    assert.equal(answers[1].json.code, kInternal);
  }
  return many(rounds, (n) => [`touched ${name}-${n}`, `touched ${name}-${n}-b`]).flat();
}

for (const [what, reloads] of [['under load', 0], ['while the domain is reloaded', 3]]) {
  test(`what fails ${what} is answered clearly, and takes nobody with it`, async (t) => {
    const data = scratch();
    let host = await openOffice({ data });
    t.after(() => host.close());
    const working = Promise.all([...many(4, (n) => sendMixed(host, `s${n}`, kRounds)),
      ...many(3, (n) => pipelineMixed(host, `p${n}`, kRounds))]);
    for (let n = 0; n < reloads; ++n) {
      put(officeFile, host.officeFile);
      const answer = await reload(host, 'box_office');
      assert.equal(answer.status, 200, answer.text);
    }
    const lines = (await working).flat();
    await settled(host);
    const kept = await ledger(host);
    assert.deepEqual(kept.toSorted(), lines.toSorted());
    assert.equal((await hall(host)).changes, lines.length);
    await host.kill();
    host = await openOffice({ data });
    assert.deepEqual(await ledger(host), kept);
    await host.stop();
  });
}

test('a reload with a flight in progress does not wait for it, and each command is decided once', async (t) => {
  const host = await openOffice();
  t.after(() => host.close());
  assert.equal((await post(host, { Touch: { place: 'w' } })).status, 200);
  const socket = await Counterpart.open(host);
  const commands = [{ HoldSeat: { seat: 'A', holder: 'ann' } }, { Touch: { place: 'x' } },
    { HoldSeat: { seat: 'A', holder: 'bob' } }, { TakeToken: { token: 't' } }, { Complain: {} }];
  const later = [{ ConfirmSeat: { seat: 'A' } }, { ReturnToken: { token: 't' } }, { Complain: {} }];
  const blocked = await BlockedLog.of(host);
  try {
    for (const command of commands) socket.send(command);
    put(officeFile, host.officeFile);
    assert.equal((await reload(host, 'box_office')).status, 200);
    for (const command of later) socket.send(command);
    assert.deepEqual(await socket.socket.drain(), [], 'somebody was told of what is not durable');
  } finally {
    await blocked.free();
  }
  const answers = [];
  while (answers.length < commands.length + later.length) answers.push(await socket.answer());
  assert.deepEqual(answers.map(({ id }) => id), many(8, (n) => n));
  assert.deepEqual(answers.map(ending),
    ['ack', 'ack', 'ALREADY_HELD', 'ack', 'REGRETTED', 'ack', 'ack', 'REGRETTED']);
  assert.deepEqual(await ledger(host), ['touched w', 'held A ann', 'touched x', 'taken t', 'confirmed A ann', 'returned t']);
  await settled(host);
  await host.stop();
});

test('a hold that was let go and taken again without waiting still expires after kill -9', async (t) => {
  const data = scratch();
  let host = await openOffice({ data });
  t.after(() => host.close());
  const seats = many(10, (n) => `S${n}`);
  for (const seat of seats) assert.equal((await post(host, { HoldSeat: { seat, holder: 'ann', for_ms: 60_000 } })).status, 201);
  const socket = await Counterpart.open(host);
  const answers = await socket.exchange(seats.flatMap((seat) =>
    [{ ReleaseSeat: { seat } }, { HoldSeat: { seat, holder: 'bob', for_ms: 1500 } }]));
  assert.deepEqual(answers.map(ending), Array(20).fill('ack'));
  // Whatever the host still does about the first holds is done when these are stored.
  for (const n of many(3, (m) => m)) assert.equal((await post(host, { Touch: { place: `p${n}` } })).status, 200);
  await host.kill();
  host = await openOffice({ data });
  await until(async () => {
    const { seats: now } = await hall(host);
    return seats.every((seat) => now[seat].status === 'free');
  }, 'every hold expires');
  await host.stop();
});
