// Histories: many clients send random commands at once, over sockets, requests and pipelined
// connections. What they were answered, rejections and reads included, is what one serial machine
// answers in some order. COMPOSABLE_HISTORY_OPERATIONS (1000) is the length of one, and
// COMPOSABLE_HISTORY_SEED repeats its commands.
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { describe, test } from 'node:test';

import { hall, kOffice, officeFile, openOffice, post } from './kit/box_office.mjs';
import { pipeline, Recorder, requests, Script, socket } from './kit/crowd.mjs';
import { put, reload, settled } from './kit/generations.mjs';
import { fault } from './kit/history.mjs';
import { SerialMachine } from './kit/serial_machine.mjs';
import { Socket } from './kit/socket.mjs';
import { until } from './kit/wait.mjs';

const kOperations = Number(process.env.COMPOSABLE_HISTORY_OPERATIONS ?? 1000);
const kSeed = Number(process.env.COMPOSABLE_HISTORY_SEED ?? randomInt(2 ** 31));

// What a machine would answer that decides on the state of `lag` events ago.
function simulated(seed, lag) {
  const script = new Script(seed, 0);
  const recorder = new Recorder();
  const states = [new SerialMachine()];
  const events = [];
  for (let n = 0; n < 200; ++n) {
    const operation = recorder.sent('a socket', script.command());
    const outcome = states[Math.max(0, states.length - 1 - lag)].decide(operation.command);
    if (outcome.event) {
      const next = states.at(-1).copy();
      events.push(outcome.event);
      next.evolve(outcome.event);
      states.push(next);
    }
    recorder.answered(operation, outcome.event ? { point: events.length } : outcome);
  }
  return fault(recorder.operations, events);
}

describe('the judge of histories', () => {
  test('finds nothing in what a serial machine does', () => {
    for (let seed = 1; seed <= 20; ++seed) assert.equal(simulated(seed, 0), null);
  });
  test('finds a decision on the state of one event ago', () => {
    for (let seed = 1; seed <= 20; ++seed) assert.notEqual(simulated(seed, 1), null);
  });
  const held = { line: 1, sent: 1, answered: 3, command: { HoldSeat: { seat: 'A', holder: 'x' } }, outcome: { point: 1 } };
  const event = { SeatHeld: { seat: 'A', holder: 'x', hold: 1 } };
  const late = { line: 2, command: { ConfirmSeat: { seat: 'A' } },
                 outcome: { rejection: { code: 'NOT_HELD', message: 'seat A is free' } } };
  test('takes a rejection on an old state while nothing was answered yet, and not after that', () => {
    assert.equal(fault([held, { ...late, sent: 2, answered: 4 }], [event]), null);
    assert.match(fault([held, { ...late, sent: 4, answered: 5 }], [event]), /nothing explains/);
  });
  test('takes no rejection on an old state behind the command on one line', () => {
    assert.match(fault([held, { ...late, line: 1, sent: 2, answered: 4 }], [event]), /nothing explains/);
  });
  test('takes no read of a state that goes back', () => {
    const read = (sent, machine) => ({ line: sent, sent, answered: sent + 0.5, command: null, outcome: { read: { ...machine } } });
    const after = new SerialMachine();
    after.evolve(event);
    const slow = { ...held, answered: 9 };
    assert.equal(fault([slow, read(2, new SerialMachine()), read(3, after)], [event]), null);
    assert.match(fault([slow, read(2, after), read(3, new SerialMachine())], [event]), /nothing explains/);
  });
});

// Every event of the domain, in the order of the log, as one socket sees them.
class Watcher {
  events = [];
  static async open(host) {
    const watcher = new Watcher();
    watcher.client = await Socket.open(host, `${kOffice}/ws`);
    watcher.client.ws.on('message', (text) => {
      const { type, position, action } = JSON.parse(text);
      assert.notEqual(type, 'gap', 'the watcher was too slow');
      if (position !== undefined) watcher.events.push({ position, action });
    });
    return watcher;
  }
  // The events behind `base`, when `count` have come.
  async all(base, count) {
    const behind = () => this.events.filter(({ position }) => position > base);
    await until(() => behind().length >= count, `the watcher sees ${count} events`);
    assert.deepEqual(behind().map(({ position }) => position - base),
      Array.from({ length: count }, (_, n) => n + 1), 'the events have another order than their positions');
    return behind().map(({ action }) => action);
  }
}

const crowd = [...Array(6).fill(socket), ...Array(3).fill(pipeline), ...Array(8).fill(requests)];

// A history of this host by these clients, during which `meanwhile(reached)` happens; `reached(part)`
// waits until a part of it, 0 to 1, is over.
async function history(t, host, { clients = crowd, operations: most = kOperations, meanwhile = async () => {} } = {}) {
  const watcher = await Watcher.open(host);
  const recorder = new Recorder();
  // The first event tells where the domain's positions begin.
  const opening = recorder.sent({}, { Touch: { place: 'opening' } });
  recorder.answered(opening, { point: (await post(host, opening.command)).json.changes });
  assert.equal(opening.outcome.point, 1);
  await until(() => watcher.events.length === 1, 'the watcher sees the first event');
  const base = watcher.events[0].position - 1;

  let failed = false;
  const going = () => !failed && recorder.operations.length < most;
  const running = clients.map((client, n) => client(host, new Script(kSeed, n), recorder, going, base)
    .catch((error) => { failed = true; throw error; }));
  const reached = (part) => until(
    () => failed || recorder.operations.length >= part * most, 'the clients go on');
  await Promise.all([...running, meanwhile(reached)]);

  const { changes } = await hall(host);
  const events = await watcher.all(base, changes);
  watcher.client.close();
  const { operations } = recorder;
  t.diagnostic(`seed ${kSeed}: ${operations.length} operations, ${changes} events, `
    + `${operations.filter(({ outcome }) => outcome.rejection).length} rejections, `
    + `${operations.filter(({ command }) => command === null).length} reads`);
  const found = fault(operations, events);
  assert.ok(found === null, `seed ${kSeed}: no serial machine does this: ${found}`);
}

const patient = (...given) => socket(...given, 1);
for (const [what, client] of [['with requests', requests], ['on a pipelined connection', pipeline],
  ['on a socket', patient]]) {
  test(`one client ${what} sees a serial machine`, async (t) => {
    const host = await openOffice();
    t.after(() => host.close());
    await history(t, host, { clients: [client], operations: kOperations / 4 });
    await host.stop();
  });
}

test('many sockets at once see one serial machine', async (t) => {
  const host = await openOffice();
  t.after(() => host.close());
  await history(t, host, { clients: Array(8).fill(socket) });
  await host.stop();
});

test('many clients at once see one serial machine', async (t) => {
  const host = await openOffice();
  t.after(() => host.close());
  await history(t, host);
  await host.stop();
});

test('many clients at once see one serial machine while the domain is reloaded', async (t) => {
  const host = await openOffice();
  t.after(() => host.close());
  const meanwhile = async (reached) => {
    for (const part of [0.2, 0.4, 0.6, 0.8]) {
      await reached(part);
      put(officeFile, host.officeFile);
      const answer = await reload(host, 'box_office');
      assert.equal(answer.status, 200, answer.text);
    }
  };
  await history(t, host, { meanwhile });
  await settled(host);
  await host.stop();
});
