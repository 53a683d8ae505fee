// An event that its own build cannot evolve is never stored: the command that made it ends with 500,
// the domain serves on, and so does the next process.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';

import { Counterpart, ending, hall, kOffice, ledger, openOffice, post } from './kit/box_office.mjs';
import { scratch } from './kit/host.mjs';
import { assertError } from './kit/orders.mjs';
import { until } from './kit/wait.mjs';

const touch = { Touch: { place: 'hot' } };
const taste = (...flavours) => ({ Taste: { flavours } });
const kInternal = 'INTERNAL_SERVER_ERROR';
const kNamed = [/\bbox_office\b/, /\b(generation\W|box_office#)1\b/, /\bTaste\b/, /\bTasted\b/,
  /nobody can taste poison/];

// Whether the files of the log hold this text anywhere.
function isInTheLog(data, text) {
  return readdirSync(data).filter((name) => name.startsWith('events.db'))
    .some((name) => readFileSync(path.join(data, name)).includes(text));
}

// The type of command whose event could not be evolved is refused for a while, then let through.
async function succeedsInTheEnd(host, command) {
  await until(async () => {
    const answer = await post(host, command);
    if (answer.status === 201) return true;
    assertError(answer, 500, kInternal);
    assert.ok(Number(answer.headers['retry-after']) >= 1, 'a refusal that passes says when');
    return false;
  }, 'the type of command is let through again');
}

describe('an event that evolve throws on', () => {
  for (const [what, flavours] of [['alone', ['poison']], ['as the last of three', ['sweet', 'salty', 'poison']],
    ['as the first of two', ['poison', 'sweet']]]) {
    test(`${what} is answered 500 and never stored, and everything else works before and after a restart`, async (t) => {
      const data = scratch();
      let host = await openOffice({ data });
      t.after(() => host.close());
      assert.equal((await post(host, taste('umami'))).status, 201);
      assert.equal((await post(host, touch)).status, 200);
      const before = await ledger(host);

      const poisoned = await post(host, taste(...flavours));
      assertError(poisoned, 500, kInternal);
      assert.doesNotMatch(poisoned.text, /poison/, 'the cause is for the log');
      assert.deepEqual(await ledger(host), before, 'the state has moved');
      assert.equal((await post(host, touch)).status, 200);
      assert.equal((await post(host, { TakeToken: { token: 't' } })).status, 201);
      await succeedsInTheEnd(host, taste('sour'));
      await until(() => host.stderr.split('\n').some((line) => kNamed.every((part) => part.test(line))),
        'a line of the log names domain, generation, command, event and error');

      const after = [...before, 'touched hot', 'taken t', 'tasted sour'];
      assert.deepEqual(await ledger(host), after);
      await host.stop();
      assert.ok(isInTheLog(data, 'umami') && isInTheLog(data, 'sour'), 'texts of the log can be found');
      assert.ok(!isInTheLog(data, 'poison'), 'the poison is in the log');
      assert.ok(!isInTheLog(data, 'sweet') && !isInTheLog(data, 'salty'), 'half a command is in the log');

      host = await openOffice({ data });
      assert.deepEqual(await ledger(host), after);
      assert.equal((await post(host, touch)).status, 200);
      assert.equal((await post(host, taste('bitter'))).status, 201);
      await host.stop();
    });
  }

  test('takes no other command of the same socket with it, and leaves no hole', async (t) => {
    const host = await openOffice();
    t.after(() => host.close());
    const watcher = await Counterpart.open(host);
    const socket = await Counterpart.open(host);
    const commands = [touch, taste('poison'), touch, { Complain: {} }, touch];
    const answers = await socket.exchange(commands);
    answers.sort((a, b) => a.id - b.id);
    assert.deepEqual(answers.map(ending), ['ack', kInternal, 'ack', 'REGRETTED', 'ack']);
    assert.equal(answers[3].action.Regretted.changes, 2);
    assert.deepEqual([2, 4].map((n) => answers[n].position - answers[0].position), [1, 2]);
    const seen = (await watcher.socket.drain()).map(({ position, action }) => [position, Object.keys(action)[0]]);
    const first = answers[0].position;
    assert.deepEqual(seen, [[first, 'Touched'], [first + 1, 'Touched'], [first + 2, 'Touched']]);
    for (const one of [watcher, socket]) one.close();
    await host.stop();
  });

  test('takes no other command in flight with it', async (t) => {
    const data = scratch();
    let host = await openOffice({ data });
    t.after(() => host.close());
    const answers = await Promise.all(Array.from({ length: 200 }, (_, n) =>
      (n % 40 === 20 ? post(host, taste('sweet', 'poison')) : post(host, { Touch: { place: `place-${n % 7}` } }))));
    for (const [n, answer] of answers.entries()) {
      assert.equal(answer.status, n % 40 === 20 ? 500 : 200, `request ${n}: ${answer.text}`);
    }
    const { touches, changes } = await hall(host);
    assert.deepEqual({ touches, changes }, { touches: 195, changes: 195 });
    await host.kill();
    host = await openOffice({ data });
    assert.equal((await ledger(host)).length, 195);
    assert.equal((await host.get('/health')).json.domains.box_office, 'healthy');
    await host.stop();
  });
});

test('an event that cannot be written is refused and never stored', async (t) => {
  const data = scratch();
  let host = await openOffice({ data });
  t.after(() => host.close());
  const refused = await post(host, taste('sweet', 'gibberish'));
  assert.ok(refused.status >= 400, refused.text);
  assert.equal((await post(host, touch)).status, 200);
  assert.deepEqual(await ledger(host), ['touched hot']);
  await host.stop();
  host = await openOffice({ data });
  assert.deepEqual(await ledger(host), ['touched hot']);
  assert.equal((await host.get(kOffice)).status, 200);
  await host.stop();
});

// COMPOSABLE_POISON_EVENTS=1000000 _SECONDS=120 _EVERY_MS=30000: twice a minute over a long log.
test('a client that sends it again and again takes a twentieth of the time of a long log at most', async (t) => {
  const { COMPOSABLE_POISON_EVENTS: stored = 50000, COMPOSABLE_POISON_SECONDS: seconds = 8,
    COMPOSABLE_POISON_EVERY_MS: every = 200 } = process.env;
  const data = scratch();
  let host = await openOffice({ data });
  t.after(() => host.close());
  const kBatch = 1000;
  for (let n = 0; n < Number(stored); n += kBatch) {
    assert.equal((await post(host, taste(...Array(kBatch).fill('umami')))).status, 201);
  }
  const rebuilds = () => [...host.stderr.matchAll(/ rebuilt .*\bms=(\d+)/g)].map(([, ms]) => Number(ms));

  const began = Date.now();
  let touches = 0;
  for (let tries = 0; Date.now() - began < seconds * 1000; ++tries) {
    assertError(await post(host, taste('poison')), 500, kInternal);
    while (Date.now() - began < every * (tries + 1)) {
      assert.equal((await post(host, touch)).status, 200);
      ++touches;
    }
  }
  const took = Date.now() - began;
  const costs = rebuilds();
  t.diagnostic(`${stored} events; ${costs.length} rebuilds of ${costs} ms in ${took} ms; ${touches} commands of others`);
  // The last one's refusal may not be over yet.
  const paid = costs.slice(0, -1).reduce((sum, ms) => sum + ms, 0);
  assert.ok(costs.length >= 1 && paid * 20 <= took, `rebuilds of ${costs} ms in ${took} ms`);
  assert.equal((await hall(host)).touches, touches);
  await host.stop();
  assert.ok(!isInTheLog(data, 'poison'), 'the poison is in the log');
});
