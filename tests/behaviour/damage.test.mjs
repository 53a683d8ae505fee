// A log that was damaged, or that somebody else works on: what is damaged is told, with the domain and
// the position, and what to do; the other domains serve; and never is less served in silence than
// was acknowledged.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { admin } from './kit/generations.mjs';
import { binary, pluginDirectory, plugins, scratch, start } from './kit/host.mjs';
import { kPage, logFile, overwritePage, pagesOf, Reader, readPage, sql } from './kit/log_file.mjs';
import { assertError, kOrders, order, place, ship } from './kit/orders.mjs';
import { until } from './kit/wait.mjs';

const diary = process.env.COMPOSABLE_DIARY;
assert.ok(diary, 'COMPOSABLE_DIARY is not set; run these tests with ctest -L behaviour');
const sanitized = Boolean(process.env.COMPOSABLE_SANITIZE);
const kOrdersPlaced = 300;
const kEvents = kOrdersPlaced + 2;
const kTrials = sanitized ? 8 : 40;  // of the pages of the log

const both = pluginDirectory({ 'orders.so': path.join(plugins(), 'orders.so'), 'diary.so': diary });
const write = (host, day) => host.post('/api/v1/diary', { day, text: `about ${day}` });

// A data directory with 300 orders, one of them shipped, and a page of the diary, stopped cleanly;
// each test has a copy.
let kept, placed;
before(async () => {
  const host = await start({ pluginsDir: both });
  placed = [];
  for (let n = 0; n < kOrdersPlaced; n += 20) {
    placed.push(...await Promise.all(Array.from({ length: 20 }, () => place(host))));
  }
  await ship(host, placed[10]);
  assert.equal((await write(host, 'monday')).status, 201);
  await host.stop();
  kept = host.data;
});

function copied() {
  const data = scratch();
  for (const name of readdirSync(kept)) {
    if (name.startsWith('events.db')) copyFileSync(path.join(kept, name), path.join(data, name));
  }
  return data;
}

// Why a start on that log is refused, in one sentence.
async function refusedStart(data) {
  const host = await start({ pluginsDir: both, data }).catch((error) => error);
  if (!(host instanceof Error)) {
    await host.close();
    assert.fail('the host started');
  }
  const said = /error host start_failed reason="(.*)"/.exec(host.message);
  assert.ok(said, host.message);
  assert.match(said[1], /events\.db/);
  assert.match(said[1], /restore (a backup|the file)/);
  return said[1];
}

// All that were acknowledged, as they were. Or: none, each 503.
async function served(host, orders = placed) {
  const answers = await Promise.all(orders.map((id) => host.get(`${kOrders}/${id}`)));
  const statuses = [...new Set(answers.map((answer) => answer.status))];
  assert.equal(statuses.length, 1, `answered ${JSON.stringify(statuses)}`);
  if (statuses[0] === 200) for (const { json } of answers) assert.equal(json.total_cents, 2000);
  return statuses[0];
}

describe('damage that concerns one domain', () => {
  const position = 120;
  const kinds = {
    'an event whose data was changed': {
      damage: (file) => sql(file, `UPDATE event SET data = CAST(replace(CAST(data AS TEXT), 'cust', 'CUST') AS BLOB) WHERE pos = ${position}`),
      what: `position ${position}: found crc32c [0-9a-f]{8}, needed [0-9a-f]{8}`,
    },
    'an event that was deleted in the middle': {
      damage: (file) => sql(file, 'DELETE FROM event WHERE ver = 1 AND sid = (SELECT sid FROM event WHERE ver = 2)'),
      what: 'position 301: before it versions 1 to 1 of its stream are missing',
    },
    'the name of a type that was deleted': {
      damage: (file) => sql(file, "DELETE FROM type WHERE name = 'OrderPlaced'"),
      what: 'position \\d+: the name of its type is missing; .*and 297 more',
    },
  };
  for (const [name, { damage, what }] of Object.entries(kinds)) {
    test(name, async (t) => {
      const data = copied();
      damage(logFile(data));
      const host = await start({ pluginsDir: both, data });
      t.after(() => host.close());

      const told = new RegExp(`the events of domain orders are damaged: ${what}; the domain is not served, the others are; restore a backup$`);
      assert.equal(await served(host), 503);
      for (const answer of [await host.post(kOrders, order()), await host.get(`${kOrders}/${placed[0]}`)]) {
        assertError(answer, 503, 'SERVICE_UNAVAILABLE', { message: told });
        assert.match(answer.json.message, /^The domain orders is halted: /);
        assert.ok(!answer.json.message.includes(data), 'a client is told a path');
        assert.equal(answer.headers['retry-after'], '5');
      }
      const line = host.stderr.split('\n').find((one) => one.includes(' error orders halted '));
      assert.match(line, new RegExp(`reason=".*events\\.db: the events of domain orders are damaged: ${what}; .*restore a backup"`));
      const health = await host.get('/health');
      assert.deepEqual([health.status, health.json],
        [200, { status: 'degraded', domains: { diary: 'healthy', orders: 'unhealthy' } }]);
      const shown = (await admin(host, 'GET', '/_composable/api/health')).json.domains.find((one) => one.domain === 'orders');
      assert.equal(shown.halted, true);
      assert.match(shown.reason, told);

      assert.equal((await write(host, 'tuesday')).status, 201);
      assert.equal((await admin(host, 'POST', '/_composable/api/domains/orders/reload')).status, 409,
        'a new generation does not make the log whole');
      assert.equal(await served(host), 503);
      await host.stop();
      assert.equal(sql(logFile(data), 'SELECT max(pos) FROM event')[0][0], kEvents + 1, 'tuesday is stored');
    });
  }
});

describe('damage that concerns all', () => {
  test('a file that was emptied', async () => {
    const data = copied();
    truncateSync(logFile(data), 0);
    await refusedStart(data);
    assert.equal(statSync(logFile(data)).size, 0, 'the start changed it');
  });

  test('a file that is gone', async () => {
    const data = copied();
    rmSync(logFile(data));
    await refusedStart(data);
    assert.ok(!existsSync(logFile(data)), 'the start made a new one');
  });

  test('an event that no other tells of', async () => {
    const data = copied();
    sql(logFile(data), 'DELETE FROM event WHERE pos = 120');
    assert.match(await refusedStart(data), /found 301 events up to position 302, missing are positions 120; it is unknown which domains this concerns/);
  });

  test('events that were deleted at the end', async () => {
    const data = copied();
    sql(logFile(data), 'DELETE FROM event WHERE pos > 290');
    assert.match(await refusedStart(data), /the log ends at position 290, but events up to position 302 were acknowledged: positions 291 to 302 are missing/);
  });

  test(`any of ${kTrials} pages overwritten: refused, halted, or served whole`, async (t) => {
    const pages = pagesOf(logFile(copied()));
    const found = { refused: 0, halted: 0, whole: 0 };
    for (let trial = 0; trial < kTrials; ++trial) {
      const page = Math.floor(trial * pages / kTrials);
      const data = copied();
      const file = logFile(data);
      overwritePage(file, page, [Buffer.alloc(kPage), Buffer.alloc(kPage, 0xff), readPage(file, (page + 1) % pages)][trial % 3]);
      const host = await start({ pluginsDir: both, data }).catch((error) => error);
      if (host instanceof Error) {
        assert.match(host.message, /error host start_failed reason=".*events\.db.*"/, `page ${page}`);
        found.refused += 1;
      } else {
        t.after(() => host.close());
        const status = await served(host).catch((error) => { throw new Error(`page ${page}: ${error.message}`); });
        assert.ok([200, 503].includes(status), `page ${page}: ${status}`);
        if (status === 503) assert.match(host.stderr, / error orders halted .*restore a backup/, `page ${page}`);
        found[status === 200 ? 'whole' : 'halted'] += 1;
        await host.kill();
      }
      rmSync(data, { recursive: true, force: true });
    }
    t.diagnostic(`of ${pages} pages: ${JSON.stringify(found)}`);
    assert.ok(found.refused > 0, 'nothing was ever refused');
  });
});

describe('other programs that work on the file', () => {
  test('checkpoint it and pack it while the host serves: every order is taken', async (t) => {
    const data = copied();
    const host = await start({ pluginsDir: both, data });
    t.after(() => host.close());
    let going = true;
    const more = [];
    const clients = Array.from({ length: 4 }, async () => { while (going) more.push(await place(host)); });
    for (let n = 0; n < 3; ++n) {
      for (const statement of ['PRAGMA wal_checkpoint(TRUNCATE)', 'VACUUM']) {
        const before = more.length;
        sql(logFile(data), statement);
        await until(() => more.length > before + 8, `orders go on after ${statement}`);
      }
    }
    going = false;
    await Promise.all(clients);
    assert.equal((await host.get('/health')).json.status, 'ok');
    await host.stop();
    const again = await start({ pluginsDir: both, data });
    t.after(() => again.close());
    assert.equal(await served(again, [...placed, ...more]), 200);
    await again.stop();
  });

  test('read it for long: the host starts, stores and ends', async (t) => {
    const data = copied();
    const reader = await Reader.of(logFile(data));
    t.after(() => reader.end());
    const host = await start({ pluginsDir: both, data });
    t.after(() => host.close());
    const id = await place(host);
    await host.stop();
    await reader.end();
    const again = await start({ pluginsDir: both, data });
    t.after(() => again.close());
    assert.equal(await served(again, [...placed, id]), 200);
    await again.stop();
  });

  test('cut its WAL while the host serves: noticed before the next answer, and told at the next start', async (t) => {
    const data = copied();
    const host = await start({ pluginsDir: both, data });
    t.after(() => host.close());
    const more = [];
    for (let n = 0; n < 20; ++n) more.push(await place(host));
    truncateSync(`${logFile(data)}-wal`, 0);
    assertError(await host.post(kOrders, order()), 503, 'SERVICE_UNAVAILABLE');
    await until(async () => (await host.get('/health/ready')).status === 503, 'the host is not ready');
    assert.match((await admin(host, 'GET', '/_composable/api/events')).json.reason, /events\.db-wal/);
    assertError(await host.post(kOrders, order()), 503, 'SERVICE_UNAVAILABLE');
    await host.kill();
    const again = await start({ pluginsDir: both, data }).catch((error) => error);
    if (again instanceof Error) {
      assert.match(again.message, /but events up to position 322 were acknowledged: positions \d+ to 322 are missing/);
    } else {
      t.after(() => again.close());
      assert.equal(await served(again, [...placed, ...more]), 200, 'it started, so nothing is missing');
      await again.stop();
    }
  });
});

// A file system of a few megabytes, seen by the host alone; null where none can be made.
function smallDisk(data) {
  const script = path.join(scratch(), 'composable');
  writeFileSync(script, `#!/bin/sh\nexec unshare -rm sh -c 'mount -t tmpfs -o size=48m none "$0" && exec "$@"' ${data} ${binary()} "$@"\n`);
  chmodSync(script, 0o755);
  const { status } = spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', '-o', 'size=1m', 'none', data]);
  return status === 0 ? script : null;
}

test('a full disk at the first write is 503, and over when there is room', async (t) => {
  const data = scratch();
  const script = smallDisk(data);
  if (script === null) return t.skip('no file system can be mounted here');
  const real = process.env.COMPOSABLE_BINARY;
  process.env.COMPOSABLE_BINARY = script;
  const host = await start({ pluginsDir: both, data }).finally(() => { process.env.COMPOSABLE_BINARY = real; });
  t.after(() => host.close());
  const ballast = `/proc/${host.pid}/root${data}/ballast`;
  spawnSync('dd', ['if=/dev/zero', `of=${ballast}`, 'bs=4096']);  // until it is full
  const refused = await host.post(kOrders, order());
  assertError(refused, 503, 'SERVICE_UNAVAILABLE');
  assert.ok(refused.headers['retry-after']);
  rmSync(ballast);
  await until(async () => (await host.post(kOrders, order())).status === 201, 'orders are taken again');
  await host.stop();
});

test('a data directory that the host makes is its owner\'s alone', async (t) => {
  const data = path.join(scratch(), 'made', 'data');
  mkdirSync(path.dirname(data));
  const before = process.umask(0);
  const host = await start({ pluginsDir: both, data }).finally(() => process.umask(before));
  t.after(() => host.close());
  await place(host);
  assert.equal((statSync(data).mode & 0o777).toString(8), '700');
  await host.stop();
});
