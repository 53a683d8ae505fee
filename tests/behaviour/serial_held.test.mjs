// While the log cannot be written, the domain decides on, and nobody is told of what is not durable
// yet: not by an answer, a refusal, an event or a read. What used no state is answered meanwhile.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { BlockedLog } from './kit/blocked_log.mjs';
import { Counterpart, ending, hall, kOffice, ledger, openOffice, post } from './kit/box_office.mjs';
import { scratch } from './kit/host.mjs';

const touch = { Touch: { place: 'hot' } };
const commands = [touch, { HoldSeat: { seat: 'A', holder: 'ann' } }, { ConfirmSeat: { seat: 'A' } },
  { HoldSeat: { seat: 'A', holder: 'bob' } }, { Complain: {} }, { Ignore: {} }, { Ask: {} },
  { TakeToken: { token: 't-1' } }, { TakeToken: { token: 't-2' } }, { TakeToken: { token: 't-3' } },
  { TakeToken: { token: 't-4' } }, touch];
const endings = ['ack', 'ack', 'ack', 'ALREADY_HELD', 'REGRETTED', 'ack', 'ack', 'ack', 'ack', 'ack',
  'NONE_LEFT', 'ack'];
const lines = ['touched hot', 'held A ann', 'confirmed A ann', 'taken t-1', 'taken t-2', 'taken t-3', 'touched hot'];

// A host whose log is blocked, a socket that has sent all commands, a second one that watches, and
// requests of others that rest on them.
async function inFlight(t, data) {
  const host = await openOffice({ data });
  t.after(() => host.close());
  const [socket, watcher] = [await Counterpart.open(host), await Counterpart.open(host)];
  t.after(() => { socket.close(); watcher.close(); });
  await Promise.all(Array.from({ length: 8 }, () => hall(host)));  // opens connections
  const blocked = await BlockedLog.of(host);
  for (const command of commands) socket.send(command);
  // What is wrong with a message needs no state: it is answered at once, and then all before it have
  // come to the host.
  const early = await tellsOnly(socket, 'NOT_FOUND');
  const settled = [];
  const ask = (what, promise) => promise.then(
    (answer) => { settled.push(what); return answer; }, (error) => ({ error }));
  const others = [ask('a read', host.get(kOffice)), ask('a refusal', post(host, { HoldSeat: { seat: 'A', holder: 'carl' } })),
    ask('an announcement', post(host, { Ask: {} })), ask('a command', post(host, touch))];
  return { host, socket, watcher, blocked, early, others, settled };
}

// Sends a command that is unknown; answers what else came before its error.
async function tellsOnly(socket, code) {
  socket.socket.command({ HoldSeet: { seat: 'A' } }, { id: 'wrong' });
  const all = await socket.socket.until((one) => one.id === 'wrong', 'error of an unknown command');
  assert.equal(all.pop().code, code);
  return all;
}

// Nothing has left while messages went to and fro many times.
async function assertNothingIsTold({ host, socket, watcher, early, settled }) {
  assert.deepEqual(early, [], 'the socket was told of what is not durable');
  for (let n = 0; n < 30; ++n) {
    assert.deepEqual(await socket.socket.drain(), [], 'the socket was told of what is not durable');
    assert.deepEqual(await watcher.socket.drain(), [], 'another one was told of what is not durable');
    if (n % 10 === 0) assert.equal((await host.get('/health/live')).status, 200);
    assert.deepEqual(settled, [], 'a request was told of what is not durable');
  }
}

test('all of it leaves in its order when the log can be written', async (t) => {
  const flight = await inFlight(t, scratch());
  const { host, socket, watcher, blocked, others } = flight;
  try {
    await assertNothingIsTold(flight);
  } finally {
    await blocked.free();
  }
  const answers = [];
  while (answers.length < commands.length) answers.push(await socket.answer());
  assert.deepEqual(answers.map(ending), endings);
  assert.deepEqual(answers.map(({ id }) => id), commands.map((_, n) => n));
  assert.equal(answers[3].action.AlreadyHeld.holder, 'ann');
  assert.equal(answers[3].action.AlreadyHeld.status, 'confirmed');
  assert.equal(answers[4].action.Regretted.changes, 3);

  const [read, refused, announced, touched] = await Promise.all(others);
  assert.equal(refused.json.message, 'seat A is confirmed for ann');
  assert.equal(touched.status, 200, touched.text);
  for (const { changes } of [read.json, announced.json]) {
    assert.ok([lines.length, lines.length + 1].includes(changes), `${changes} changes`);
  }
  assert.deepEqual(await ledger(host), [...lines, 'touched hot']);
  const names = (await watcher.socket.drain()).map(({ action }) => Object.keys(action)[0]);
  assert.deepEqual(names.filter((name) => name !== 'Answered'), ['Touched', 'SeatHeld', 'SeatConfirmed',
    'TokenTaken', 'TokenTaken', 'TokenTaken', 'Touched', 'Touched']);
  await host.stop();
});

test('kill -9 then loses nothing that anybody was told of', async (t) => {
  const data = scratch();
  const flight = await inFlight(t, data);
  try {
    await assertNothingIsTold(flight);
    await flight.host.kill();
  } finally {
    await flight.blocked.free();
  }
  for (const { error, text } of await Promise.all(flight.others)) assert.ok(error, text);
  const host = await openOffice({ data });
  t.after(() => host.close());
  assert.deepEqual(await ledger(host), []);
  assert.equal((await post(host, touch)).json.changes, 1);
  await host.stop();
});
