// kill -9 in the middle of load, COMPOSABLE_KILL_ROUNDS times (3): nothing that anybody was told of
// the box office, by an answer, a refusal, an event or a read, is lost; nothing that was refused is
// there.
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { test } from 'node:test';

import {
  Counterpart, hall, kMostTokens, kOffice, ledger, openOffice, post,
} from './kit/box_office.mjs';
import { scratch } from './kit/host.mjs';
import { Socket } from './kit/socket.mjs';
import { until } from './kit/wait.mjs';

const kRounds = Number(process.env.COMPOSABLE_KILL_ROUNDS ?? 3);
const kSeats = 6;

// What was told: lines of the ledger that must be there or must not, and the highest count of changes.
class Told {
  there = new Set();
  absent = new Set();
  changes = 0;
  answers = 0;

  saw(changes) { this.changes = Math.max(this.changes, changes); }
  // One command over HTTP, which is told as `line` when it succeeds.
  answered({ status, json }, line) {
    ++this.answers;
    if (status === 200 || status === 201) {
      this.there.add(line);
      this.saw(json.changes);
    } else {
      assert.ok([409, 500].includes(status), JSON.stringify(json));
      this.absent.add(line);
    }
    const holder = json.code === 'ALREADY_HELD' && /^seat (\S+) is \S+ for (\S+)$/.exec(json.message);
    if (holder) this.there.add(`held ${holder[1]} ${holder[2]}`);
  }
}

// The clients; each goes on until the host is gone, and numbers what it sends.
const clients = {
  async holds(host, told, name) {
    for (let n = 0; ; ++n) {
      const seat = `S${randomInt(kSeats)}`;
      const holder = `${name}-${n}`;
      told.answered(await post(host, { HoldSeat: { seat, holder } }), `held ${seat} ${holder}`);
      await post(host, { ReleaseSeat: { seat } });  // whoever holds it
    }
  },
  async tokens(host, told, name) {
    for (let n = 0; ; ++n) {
      const token = `${name}-${n}`;
      const taken = await post(host, { TakeToken: { token } });
      told.answered(taken, `taken ${token}`);
      if (taken.status === 201) {
        told.answered(await post(host, { ReturnToken: { token } }), `returned ${token}`);
      }
    }
  },
  async touches(host, told, name) {
    for (let n = 0; ; ++n) {
      const place = `${name}-${n}`;
      told.answered(await post(host, { Touch: { place } }), `touched ${place}`);
    }
  },
  async reads(host, told) {
    for (;;) told.saw((await hall(host)).changes);
  },
  async asks(host, told) {
    for (;;) told.saw((await post(host, { Ask: {} })).json.changes);
  },
  // A pair that is not waited for; the count in the rejection is that of a state.
  async complains(host, told, name) {
    const socket = await Counterpart.open(host);
    for (let n = 0; ; ++n) {
      const place = `${name}-${n}`;
      for (const answer of await socket.exchange([{ Touch: { place } }, { Complain: {} }])) {
        if (answer.type === 'ack') told.there.add(`touched ${place}`);
        else told.saw(answer.action.Regretted.changes);
      }
    }
  },
};
const load = ['holds', 'holds', 'holds', 'holds', 'tokens', 'tokens', 'tokens', 'tokens', 'tokens',
  'touches', 'touches', 'touches', 'touches', 'reads', 'reads', 'asks', 'complains', 'complains'];

// One socket that writes down every event.
async function watch(host, told) {
  const watcher = await Socket.open(host, `${kOffice}/ws`);
  watcher.ws.on('message', (text) => {
    const { TokenTaken: taken, SeatHeld: held, Touched: touched } = JSON.parse(text).action ?? {};
    if (taken) told.there.add(`taken ${taken.token}`);
    if (held) told.there.add(`held ${held.seat} ${held.holder}`);
    if (touched) told.there.add(`touched ${touched.place}`);
  });
  return watcher;
}

// Runs the clients, and kills the host when `enough` of them were answered; a client ends by that.
async function untilKilled(host, told, enough, round) {
  let killed;
  const faults = [];
  const watcher = await watch(host, told);
  const running = load.map((kind, n) => clients[kind](host, told, `${kind}-${round}-${n}`)
    .catch((error) => { if (!killed || error.code === 'ERR_ASSERTION') faults.push(error); }));
  const end = told.answers + enough;
  await until(() => told.answers >= end || faults.length > 0, 'the clients are answered');
  killed = host.kill();
  await killed;
  await Promise.all(running);
  watcher.close();
  if (faults.length > 0) throw faults[0];
}

// No more tokens are out at any moment than there are, and no seat is held twice.
function assertRulesHeld(lines) {
  const holders = new Map();
  let out = 0;
  for (const line of lines) {
    const [what, name, holder] = line.split(' ');
    if (what === 'taken') assert.ok(++out <= kMostTokens, `${line}, and ${kMostTokens} were out`);
    if (what === 'returned') --out;
    if (what === 'held') {
      assert.ok(!holders.has(name), `${line}, and ${holders.get(name)} had it`);
      holders.set(name, holder);
    }
    if (what === 'released') assert.ok(holders.delete(name), `${line}, and nobody had it`);
  }
}

test(`nothing that was told is lost, and nothing that was refused is kept, in ${kRounds} times kill -9`, async (t) => {
  const data = scratch();
  const told = new Told();
  let host = await openOffice({ data });
  t.after(() => host.close());
  for (let round = 1; round <= kRounds; ++round) {
    const before = told.answers;
    await untilKilled(host, told, randomInt(100, 600), round);
    host = await openOffice({ data });
    const lines = await ledger(host);
    const { changes } = await hall(host);
    assert.equal(lines.length, changes);
    const kept = new Set(lines);
    for (const line of told.there) assert.ok(kept.has(line), `round ${round}: "${line}" was told and is gone`);
    for (const line of told.absent) assert.ok(!kept.has(line), `round ${round}: "${line}" was refused and is there`);
    assert.ok(told.changes <= changes, `round ${round}: ${told.changes} changes were seen, ${changes} are left`);
    t.diagnostic(`round ${round}: ${told.answers - before} answers, ${changes} events in all`);
  }
  assertRulesHeld(await ledger(host));
  await host.stop();
});
