// A domain is serial: every decide sees the result of every decide before it, although nobody waited
// for an answer in between, and what it says leaves in that order.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';

import {
  Counterpart, ending, hall, kMostTokens, ledger, openOffice, pipelined, post,
} from './kit/box_office.mjs';
import { until } from './kit/wait.mjs';

const many = (count, make) => Array.from({ length: count }, (_, n) => make(n));
const count = (all, one) => all.filter((other) => other === one).length;

describe('commands that are sent without waiting for the one before', () => {
  let host;
  before(async () => { host = await openOffice(); });
  after(() => host?.close());

  test('a seat is held, and then confirmed, on one socket, 20 times', async () => {
    const socket = await Counterpart.open(host);
    const commands = many(20, (n) => [{ HoldSeat: { seat: `A${n}`, holder: 'ann' } },
      { ConfirmSeat: { seat: `A${n}` } }]);
    const failed = [];
    for (const pair of commands) {
      const endings = (await socket.exchange(pair)).map(ending);
      if (endings.join() !== 'ack,ack') failed.push(endings.join(' then '));
    }
    socket.close();
    assert.deepEqual(failed, [], `${failed.length} of 20 pairs went wrong`);
    const { seats } = await hall(host);
    for (const n of many(20, (m) => m)) assert.equal(seats[`A${n}`].status, 'confirmed');
  });

  test('a seat is held, and then confirmed, in one write of HTTP/1.1, 20 times', async () => {
    for (const n of many(20, (m) => m)) {
      const [held, confirmed] = await pipelined(host, [
        { HoldSeat: { seat: `B${n}`, holder: 'bob' } }, { ConfirmSeat: { seat: `B${n}` } }]);
      assert.deepEqual([held.status, confirmed.status], [201, 200], `pair ${n}: ${held.body} ${confirmed.body}`);
      assert.equal(confirmed.json.changes, held.json.changes + 1);
    }
  });

  test('a long chain on one socket is decided, answered and stored in the order sent', async () => {
    const socket = await Counterpart.open(host);
    const round = (n) => [{ HoldSeat: { seat: 'C1', holder: `carl-${n}` } },
      { ConfirmSeat: { seat: 'C1' } }, { ReleaseSeat: { seat: 'C1' } }];
    const answers = await socket.exchange(many(20, round).flat());
    socket.close();
    assert.deepEqual(answers.map(ending), Array(60).fill('ack'));
    assert.deepEqual(answers.map(({ id }) => id), many(60, (n) => n));
    assert.deepEqual(answers.map(({ position }) => position - answers[0].position), many(60, (n) => n));
  });

  test('what stores nothing waits its turn: answers come in the order of the commands', async () => {
    const socket = await Counterpart.open(host);
    const { changes } = await hall(host);
    const round = [{ Touch: { place: 'hot' } }, { Complain: {} }, { Ignore: {} }, { Ask: {} },
      { ReleaseSeat: { seat: 'nobody-held-this' } }];
    const answers = await socket.exchange(many(10, () => round).flat());
    socket.close();
    assert.deepEqual(answers.map(({ id }) => id), many(50, (n) => n), 'an answer overtook another');
    assert.deepEqual(answers.map(ending),
      many(10, () => ['ack', 'REGRETTED', 'ack', 'ack', 'NOT_HELD']).flat());
    const regrets = answers.filter((one) => ending(one) === 'REGRETTED');
    assert.deepEqual(regrets.map(({ action }) => action.Regretted.changes),
      many(10, (n) => changes + n + 1), 'a rejection was decided on an old state');
  });

  test('a rejection that rests on an event stands behind the ack of that event', async () => {
    const socket = await Counterpart.open(host);
    for (const n of many(20, (m) => m)) {
      const seat = `D${n}`;
      const answers = await socket.exchange([
        { HoldSeat: { seat, holder: 'dora' } }, { HoldSeat: { seat, holder: 'emil' } },
        { TakeToken: { token: `d-${n}` } }, { ReturnToken: { token: `d-${n}` } },
        { ReturnToken: { token: `d-${n}` } }]);
      assert.deepEqual(answers.map(ending), ['ack', 'ALREADY_HELD', 'ack', 'ack', 'NOT_TAKEN']);
      assert.deepEqual(answers.map(({ id }) => id - answers[0].id), [0, 1, 2, 3, 4]);
      assert.equal(answers[1].action.AlreadyHeld.holder, 'dora');
    }
    socket.close();
  });

  test('a hold that is confirmed at once never expires', async () => {
    const socket = await Counterpart.open(host);
    const seats = many(20, (n) => `E${n}`);
    const answers = await socket.exchange(seats.flatMap((seat) =>
      [{ HoldSeat: { seat, holder: 'eve', for_ms: 1 } }, { ConfirmSeat: { seat } }]));
    answers.sort((a, b) => a.id - b.id);
    // One that nobody confirms does, and by then the others had their time.
    await socket.exchange([{ HoldSeat: { seat: 'E-last', holder: 'eve', for_ms: 20 } }]);
    socket.close();
    const state = await until(async () => {
      const now = await hall(host);
      return now.seats['E-last'].status === 'free' && now;
    }, 'a hold that nobody confirms expires');
    for (const [n, seat] of seats.entries()) {
      const confirmed = ending(answers[2 * n + 1]);
      assert.equal(ending(answers[2 * n]), 'ack');
      assert.ok(['ack', 'NOT_HELD'].includes(confirmed), confirmed);
      assert.equal(state.seats[seat].status, confirmed === 'ack' ? 'confirmed' : 'free', seat);
    }
  });
});

describe(`${kMostTokens} tokens, each a stream of its own`, () => {
  let host;
  before(async () => { host = await openOffice(); });
  after(() => host?.close());
  // All tokens are back, and 50 connections are open.
  beforeEach(async () => {
    for (const token of (await hall(host)).tokens) {
      assert.equal((await post(host, { ReturnToken: { token } })).status, 200);
    }
    await Promise.all(many(50, () => hall(host)));
  });

  const take = (token) => ({ TakeToken: { token } });
  const out = async () => (await hall(host)).tokens.length;

  test('50 requests at once over many connections get exactly 3', async () => {
    const answers = await Promise.all(many(50, (n) => post(host, take(`http-${n}`))));
    const codes = answers.map(({ status, json }) => json.code ?? status);
    assert.equal(count(codes, 201), kMostTokens, `${count(codes, 201)} of 50 got a token`);
    assert.equal(count(codes, 'NONE_LEFT'), 50 - kMostTokens, codes.join(' '));
    assert.equal(await out(), kMostTokens);
  });

  test('50 commands at once on one socket: the first 3 get one, the others are told so', async () => {
    const socket = await Counterpart.open(host);
    const answers = await socket.exchange(many(50, (n) => take(`one-${n}`)));
    socket.close();
    const taken = count(answers.map(ending), 'ack');
    assert.equal(taken, kMostTokens, `${taken} of 50 got a token`);
    assert.deepEqual(answers.map((one) => [one.id, ending(one)]),
      many(50, (n) => [n, n < kMostTokens ? 'ack' : 'NONE_LEFT']));
    for (const { action } of answers.slice(kMostTokens)) assert.equal(action.NoneLeft.out, kMostTokens);
    assert.equal(await out(), kMostTokens);
  });

  test('50 sockets at once get exactly 3', async () => {
    const sockets = await Promise.all(many(50, () => Counterpart.open(host)));
    const answers = await Promise.all(sockets.map((socket, n) => socket.exchange([take(`each-${n}`)])));
    for (const socket of sockets) socket.close();
    const taken = count(answers.flat().map(ending), 'ack');
    assert.equal(taken, kMostTokens, `${taken} of 50 got a token`);
    assert.equal(await out(), kMostTokens);
  });

  test('every answer counts the changes up to its own, none twice', async () => {
    const { changes } = await hall(host);
    const answers = await Promise.all(many(100, (n) => post(host, { Touch: { place: `place-${n}` } })));
    assert.deepEqual(answers.map(({ json }) => json.changes).sort((a, b) => a - b),
      many(100, (n) => changes + n + 1));
    assert.equal((await ledger(host)).length, changes + 100);
  });
});

describe('an append that expects a version', () => {
  let host;
  before(async () => { host = await openOffice(); });
  after(() => host?.close());
  const stamp = (sheet, expected) => ({ Stamp: { sheet, ...(expected === undefined ? {} : { expected }) } });

  test('is 409 with the actual version when it does not hold', async () => {
    const stamped = await pipelined(host, [stamp('S1'), stamp('S1', 1), stamp('S1', 2)]);
    assert.deepEqual(stamped.map(({ status }) => status), [201, 201, 201]);
    for (const expected of [undefined, 0, 1, 2, 4, 7]) {
      const answer = await post(host, stamp('S1', expected));
      assert.equal(answer.status, 409, answer.text);
      assert.equal(answer.json.code, 'CONFLICT');
      assert.match(answer.json.message, /\bversion 3\b/);
    }
    assert.equal((await post(host, stamp('S1', 3))).status, 201);
    assert.equal((await post(host, stamp('S2', 1))).json.code, 'CONFLICT');
  });

  test('sees the versions of what is decided and not stored yet', async () => {
    const socket = await Counterpart.open(host);
    const answers = await socket.exchange(
      [stamp('S3'), stamp('S3', 1), stamp('S3', 1), stamp('S3', 2), stamp('S3')]);
    socket.close();
    assert.deepEqual(answers.map(ending), ['ack', 'ack', 'CONFLICT', 'ack', 'CONFLICT']);
    assert.deepEqual(answers.map(({ id }) => id), [0, 1, 2, 3, 4]);
    assert.match(answers[2].message, /\bversion 2\b/);
    assert.match(answers[4].message, /\bversion 3\b/);
  });

  test('lets one of 50 pass that expect the same', async () => {
    const answers = await Promise.all(many(50, () => post(host, stamp('S4'))));
    const codes = answers.map(({ status, json }) => json.code ?? status);
    assert.deepEqual([count(codes, 201), count(codes, 'CONFLICT')], [1, 49], codes.join(' '));
    assert.equal(count(await ledger(host), 'stamped S4'), 1);
  });
});
