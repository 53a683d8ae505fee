// A log that cannot take more for a while, under load: what was acknowledged is there, what was
// refused is not, commands are 503 until it can be written again, reads go on, and nobody restarts
// anything. COMPOSABLE_DISK_SECONDS (2) is how long it lasts.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { scheduler } from 'node:timers/promises';
import { Pool } from 'undici';

import { BlockedLog } from './kit/blocked_log.mjs';
import { hall, ledger, openOffice, post } from './kit/box_office.mjs';
import { scratch } from './kit/host.mjs';
import { until } from './kit/wait.mjs';

const kSeconds = Number(process.env.COMPOSABLE_DISK_SECONDS ?? 2);
const kClients = 12;
const many = (count, make) => Array.from({ length: count }, (_, n) => make(n));

// Clients that touch one place after the other until they are told to end.
class Load {
  there = [];
  absent = [];
  others = [];
  changes = 0;
  readsRefused = 0;
  #going = true;

  constructor(host) {
    this.running = [...many(kClients, (n) => this.#touches(host, n)), this.#reads(host)];
  }
  async #touches(host, client) {
    for (let n = 0; this.#going; ++n) {
      const place = `place-${client}-${n}-${'x'.repeat(100)}`;
      const answer = await post(host, { Touch: { place } });
      if (answer.status === 200) this.there.push(`touched ${place}`);
      else if (answer.status === 503) this.absent.push(`touched ${place}`);
      else this.others.push(`${answer.status} ${answer.text}`);
      if (answer.status === 503) await scheduler.wait(5);
    }
  }
  // A read is never behind the one before it. One that waits for a commit that fails is refused.
  async #reads(host) {
    while (this.#going) {
      const answer = await host.get('/api/v1/box_office');
      if (answer.status === 503) ++this.readsRefused;
      else if (answer.status !== 200) this.others.push(`read: ${answer.status} ${answer.text}`);
      else if (answer.json.changes < this.changes) this.others.push(`read: ${answer.json.changes} after ${this.changes}`);
      else this.changes = answer.json.changes;
      await scheduler.wait(5);
    }
  }
  async end() {
    this.#going = false;
    await Promise.all(this.running);
  }
}

const lines = (host, text) => host.stderr.split('\n').filter((line) => line.includes(text)).length;

// `fill` makes the log full and answers what empties it again.
async function fullUnderLoad(t, data, fill) {
  let host = await openOffice({ data });
  t.after(() => host.close());
  const load = new Load(host);
  await until(() => load.there.length > 200, 'the load runs');
  const empty = fill(host);
  await until(() => load.absent.length > 20, 'commands are refused');
  await scheduler.wait(kSeconds * 1000);
  const whileFull = load.there.length;
  assert.deepEqual(load.others, [], 'something was not answered with 200 or 503');
  empty();
  await until(() => load.there.length > whileFull + 200, 'it is written again, without a restart');
  await load.end();
  assert.deepEqual(load.others, []);
  const [rebuilt, writable] = [lines(host, ' rebuilt '), lines(host, ' log_writable_again ')];
  t.diagnostic(`${load.there.length} acknowledged, ${load.absent.length} refused, ${rebuilt} rebuilds`);
  assert.ok(rebuilt >= 1 && rebuilt <= writable, `${rebuilt} rebuilds, ${writable} times writable again`);
  assert.ok(load.readsRefused <= rebuilt, `${load.readsRefused} reads were refused, in ${rebuilt} failures`);
  const check = async () => {
    const kept = await ledger(host);
    const set = new Set(kept);
    assert.equal(set.size, kept.length, 'something is there twice');
    for (const line of load.there) assert.ok(set.has(line), `${line} was acknowledged and is gone`);
    for (const line of load.absent) assert.ok(!set.has(line), `${line} was refused and is there`);
    assert.equal(kept.length, load.there.length);
  };
  await check();
  await host.kill();
  host = await openOffice({ data });
  await check();
  await host.stop();
}

function mountSmall(t) {
  const directory = scratch();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16m,mode=700', 'tmpfs', directory], { stdio: 'ignore' });
  } catch {
    return null;
  }
  t.after(() => execFileSync('umount', ['-l', directory]));
  return directory;
}

test('a full disk under load', async (t) => {
  const disk = mountSmall(t);
  if (disk === null) return t.skip('mounting a small file system is not allowed here');
  const filler = path.join(disk, 'filler');
  return fullUnderLoad(t, path.join(disk, 'data'), () => {
    const file = openSync(filler, 'w');
    for (const size of [65536, 4096, 1]) {
      try {
        for (;;) writeSync(file, Buffer.alloc(size));
      } catch (error) {
        assert.equal(error.code, 'ENOSPC');
      }
    }
    closeSync(file);
    return () => rmSync(filler);
  });
});

test('a file that must not grow, under load', async (t) => {
  const data = scratch();
  const limit = (host, bytes) => execFileSync('prlimit', ['--pid', String(host.pid), `--fsize=${bytes}:`]);
  return fullUnderLoad(t, data, (host) => {
    limit(host, Math.max(...['events.db', 'events.db-wal'].map((name) => statSync(path.join(data, name)).size)));
    return () => limit(host, 'unlimited');
  });
});

test('a slow disk delays and loses nothing, and no state is rebuilt', async (t) => {
  const host = await openOffice();
  t.after(() => host.close());
  const load = new Load(host);
  for (let n = 0; n < 5; ++n) {
    const blocked = await BlockedLog.of(host);
    await scheduler.wait(150);
    await blocked.free();
    const before = load.there.length;
    await until(() => load.there.length > before + 20, 'the load goes on');
  }
  await load.end();
  assert.deepEqual(load.others, []);
  assert.deepEqual(load.absent, []);
  assert.equal(lines(host, ' rebuilt '), 0);
  assert.deepEqual((await ledger(host)).toSorted(), load.there.toSorted());
  await host.stop();
});

test('a domain that fills the queue of the log harms itself only', async (t) => {
  const data = scratch();
  let host = await openOffice({ data, plugins: { 'diary.so': process.env.COMPOSABLE_DIARY },
    settings: { store: { flight: 100 } } });
  t.after(() => host.close());
  const text = 'x'.repeat(100_000);
  const pool = new Pool(host.origin, { connections: 150 });
  t.after(() => pool.destroy());
  const write = async (day) => {
    const answer = await pool.request({ method: 'POST', path: '/api/v1/diary',
      headers: { 'content-type': 'application/json' }, body: JSON.stringify({ day, text }) });
    await answer.body.dump();
    if (answer.statusCode === 503) full = true;
    return answer.statusCode;
  };
  let full = false;
  assert.equal((await host.post('/api/v1/diary', { day: 'd', text: 'first' })).status, 201);
  const blocked = await BlockedLog.of(host);
  let flood, answers;
  try {
    flood = many(150, (n) => write(`d-${n}`));
    await until(() => full, 'the diary is full');
    answers = many(20, (n) => post(host, { Touch: { place: `place-${n}` } }));
    await scheduler.wait(50);
  } finally {
    await blocked.free();
  }
  const touched = await Promise.all(answers);
  assert.deepEqual(touched.map(({ status }) => status), Array(20).fill(200));
  const written = await Promise.all(flood);
  assert.ok(written.every((status) => status === 201 || status === 503), written.join(' '));
  assert.equal(lines(host, 'box_office rebuilt '), 0);
  assert.equal((await hall(host)).changes, 20);
  await host.kill();
  host = await openOffice({ data, plugins: { 'diary.so': process.env.COMPOSABLE_DIARY } });
  assert.equal((await ledger(host)).length, 20);
  await host.stop();
});
