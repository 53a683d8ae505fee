// Every way in which a client is too slow, with timeouts so short that each is cut: what it is
// answered, that the answer is its own, and that the host goes on. One loop serves all connections,
// so that memory which one gives back is another's soon; under the address sanitizer a look into it
// ends the host. Neighbours with ids of their own are at work meanwhile.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { scheduler } from 'node:timers/promises';

import { BlockedLog } from './kit/blocked_log.mjs';
import { pluginDirectory, plugins, scratch, start } from './kit/host.mjs';
import { kOrders, order } from './kit/orders.mjs';
import { RawConnection } from './kit/raw.mjs';
import { until } from './kit/wait.mjs';

const fixtures = process.env.COMPOSABLE_FIXTURE_PLUGINS;
assert.ok(fixtures, 'COMPOSABLE_FIXTURE_PLUGINS is not set; run these tests with ctest -L behaviour');
const kSlower = process.env.COMPOSABLE_SANITIZE ? 4 : 1;
const kRequest = 200 * kSlower;    // ms
const kKeepAlive = 300 * kSlower;
const kWrite = 300 * kSlower;
const kCommand = 500 * kSlower;    // more than a request may take to arrive
const kFresh = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

const kFlood = 20;                 // requests that fail, for the rate of their lines

let host, neighbours;
before(async () => {
  const pluginsDir = pluginDirectory({ 'orders.so': path.join(plugins(), 'orders.so'),
                                       'probe.so': path.join(fixtures, 'probe.so') });
  const config = path.join(scratch(), 'composable.json');
  writeFileSync(config, JSON.stringify({
    threads: 1, workers: 32, http: { request_ms: kRequest, keep_alive_ms: kKeepAlive, write_ms: kWrite },
    store: { command_ms: kCommand },
  }));
  host = await start({ pluginsDir, args: ['--config', config] });
  neighbours = new Neighbours();
  const c = await RawConnection.open(host);
  c.send('BREW / HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(kFlood));
  for (let n = 0; n < kFlood; ++n) assert.equal((await c.response()).status, 501);
  c.close();
});
after(() => host?.close());

// Requests with ids of their own, each on a connection that is given up afterwards, with heads of
// many sizes: their buffers come and go beside those of the test.
class Neighbours {
  ids = new Set();
  #going = true;
  #work = Array.from({ length: 3 }, () => this.#go());

  async #go() {
    for (let n = 0; this.#going; ++n) {
      const id = randomUUID();
      this.ids.add(id);
      const c = await RawConnection.open(host);
      c.send(`GET /health HTTP/1.1\r\nHost: localhost\r\nX-Correlation-ID: ${id}\r\n`
        + `X-Filler: ${'n'.repeat([10, 5_000, 12_000][n % 3])}\r\n\r\n`);
      const answer = await c.response();
      assert.equal(answer.status, 200);
      assert.equal(answer.headers['x-correlation-id'], id, 'a neighbour got another one\'s id');
      c.close();
      await scheduler.wait(5);
    }
  }
  async stop() {
    this.#going = false;
    await Promise.all(this.#work);
  }
}

const head = (id, more = [], line = 'GET /health HTTP/1.1') =>
  [line, 'Host: localhost', ...(id ? [`X-Correlation-ID: ${id}`] : []), ...more].join('\r\n');

// An answer of `status` that is the request's own: with its id, or, where there is none or the host
// has not read it yet (`unread`), with a fresh one that nobody has.
const seen = new Set();
function assertOwn(answer, status, code, id, { unread = false } = {}) {
  const said = JSON.stringify(answer);
  assert.equal(answer.status, status, said);
  const correlation = answer.headers['x-correlation-id'];
  if (id && !(unread && correlation !== id)) {
    assert.equal(correlation, id, said);
  } else {
    assert.match(correlation, kFresh, said);
    assert.ok(!seen.has(correlation) && !neighbours.ids.has(correlation), `another one's id: ${said}`);
    seen.add(correlation);
  }
  if (code) assert.deepEqual([answer.json.code, answer.json.correlation_id], [code, correlation], said);
}
async function assertCut(c, id, options) {
  const answer = await c.response();
  assertOwn(answer, 408, 'REQUEST_TIMEOUT', id, options);
  assert.equal(answer.json.message, `request: not complete after ${kRequest} ms`);
  assert.equal(answer.headers.connection, 'close');
  assert.equal(await c.closed(), '', 'something after the 408');
}

// Sends `pieces` one after the other, each in a read of its own, and leaves it at that.
async function slowly(pieces) {
  const c = await RawConnection.open(host);
  for (const piece of pieces) {
    c.send(piece);
    await scheduler.wait(10);
  }
  return c;
}

describe('a head that does not end', () => {
  // The buffer begins with 16 KB; 16 KB of headers are the limit.
  const fills = [0, 100, 3_000, 8_000, 12_000, 15_000, 15_500, 16_100];
  const variants = {
    'in a header': (fill) => `\r\nX-Filler: ${'x'.repeat(fill)}`,
    'between two headers': (fill) => `\r\nX-Filler: ${'x'.repeat(fill)}\r\n`,
    'of a request with a body': (fill) => `\r\nContent-Length: 40000\r\nX-Filler: ${'x'.repeat(fill)}`,
    'of many headers': (fill) => Array.from({ length: Math.min(90, fill / 10) }, (_, n) => `\r\nX-${n}: ${'y'.repeat(fill / 100)}`).join(''),
  };
  for (const [name, rest] of Object.entries(variants)) {
    for (const withId of [true, false]) {
      test(`${name}, ${withId ? 'with an id' : 'without one'}`, () => Promise.all(fills.map(async (fill) => {
        const id = withId ? randomUUID() : undefined;
        const text = rest(fill);
        const third = Math.ceil(text.length / 3);
        const pieces = [head(id), text.slice(0, third), text.slice(third, 2 * third), text.slice(2 * third)];
        await assertCut(await slowly(pieces), id, { unread: true });
      })));
    }
  }

  test('a head that outgrows its buffer after its id was read keeps it', () => Promise.all(
    ['\r\n', '\r\nContent-Length: 40000\r\n'].flatMap((more) => [8_000, 15_000, 15_500, 16_100].map(async (fill) => {
      const id = randomUUID();
      await assertCut(await slowly([`${head(id)}${more}X-Filler: ${'x'.repeat(fill)}`]), id);
    }))));

  test('an id that is cut itself is no id', () => Promise.all([1, 20, 35].map(async (length) => {
    await assertCut(await slowly([head(), `\r\nX-Correlation-ID: ${randomUUID().slice(0, length)}`]));
  })));

  test('a request line that does not end', () => Promise.all(['G', 'GET /heal', `GET /${'p'.repeat(7_000)}`].map(async (line) => {
    await assertCut(await slowly([line]));
  })));

  test('a byte now and then buys no time', async () => {
    const c = await RawConnection.open(host);
    const id = randomUUID();
    c.send(head(id, ['X-Filler: ']));
    const began = Date.now();
    const trickle = setInterval(() => c.send('x'), 10);
    await assertCut(c, id, { unread: true }).finally(() => clearInterval(trickle));
    assert.ok(Date.now() - began < 20 * kRequest, 'the trickle bought time');
  });
});

describe('a body that does not end', () => {
  const post = (id, ...more) => `${head(id, ['Content-Type: application/json', ...more], `POST ${kOrders} HTTP/1.1`)}\r\n\r\n`;

  for (const length of [2, 1_000, 17_000, 300_000, 1_000_000]) {
    test(`of ${length} bytes`, () => Promise.all([0, 0.5, 1].map(async (part) => {
      const id = randomUUID();
      const sent = Math.min(length - 1, Math.floor(length * part));
      await assertCut(await slowly([post(id, `Content-Length: ${length}`), '{'.repeat(sent)]), id);
    })));
  }

  test('that comes in chunks', () => Promise.all(
    ['', '5', '5\r\n', '5\r\n{"a":', '5\r\n{"a":\r\n', `4000\r\n${' '.repeat(0x4000)}\r\n8000\r\n${' '.repeat(100)}`, '2\r\n{}\r\n0\r\n', '2\r\n{}\r\n0\r\nX-Trailer: a\r\n']
      .map(async (chunks) => {
        const id = randomUUID();
        await assertCut(await slowly([post(id, 'Transfer-Encoding: chunked'), chunks]), id);
      })));

  test('chunk after chunk buys no time', async () => {
    const c = await RawConnection.open(host);
    const id = randomUUID();
    c.send(post(id, 'Transfer-Encoding: chunked'));
    const began = Date.now();
    const trickle = setInterval(() => c.send('400\r\n' + ' '.repeat(0x400) + '\r\n'), 10);
    await assertCut(c, id).finally(() => clearInterval(trickle));
    assert.ok(Date.now() - began < 20 * kRequest, 'the chunks bought time');
  });

  test('after 100-continue', async () => {
    const id = randomUUID();
    const c = await slowly([post(id, 'Content-Length: 20000', 'Expect: 100-continue')]);
    assert.equal((await c.response()).status, 100);
    c.send('{"customer_id"');
    await assertCut(c, id);
  });
});

describe('pipelined', () => {
  for (const rest of ['G', 'GET /health HTTP/1.1\r\nHost: local', 'large head', 'body']) {
    test(`what is complete is answered, what follows is cut: ${rest}`, async () => {
      const ids = Array.from({ length: 3 }, () => randomUUID());
      const text = JSON.stringify(order());
      const second = head(ids[1], ['Content-Type: application/json', `Content-Length: ${text.length}`], `POST ${kOrders} HTTP/1.1`);
      const partial = {
        'large head': head(ids[2], [`X-Filler: ${'x'.repeat(15_000)}`]),
        body: `${head(ids[2], ['Content-Type: application/json', 'Content-Length: 50000'], `POST ${kOrders} HTTP/1.1`)}\r\n\r\n${' '.repeat(20_000)}`,
      }[rest];
      const c = await slowly([`${head(ids[0])}\r\n\r\n${second}\r\n\r\n${text}${partial ?? rest}`]);
      assertOwn(await c.response(), 200, undefined, ids[0]);
      assertOwn(await c.response(), 201, undefined, ids[1]);
      await assertCut(c, partial && ids[2], { unread: rest === 'large head' });
    });
  }
});

describe('an answer that takes its time', () => {
  const slow = (id) => {
    const text = JSON.stringify({ key: randomUUID(), text: 'late', ms: 4 * kCommand });
    return `${head(id, ['Content-Type: application/json', `Content-Length: ${text.length}`], 'POST /api/v1/probe/slow HTTP/1.1')}\r\n\r\n${text}`;
  };

  test('is 504 after the command\'s time, and never 408', () => Promise.all(Array.from({ length: 5 }, async (_, n) => {
    const id = n === 0 ? undefined : randomUUID();
    const began = Date.now();
    const c = await slowly([slow(id)]);
    assertOwn(await c.response(), 504, 'TIMEOUT', id);
    assert.ok(Date.now() - began >= kCommand - 20, 'cut too early');
    c.send(`${head(id)}\r\n\r\n`);  // the connection goes on
    const next = await c.response();
    assert.equal(next.status, 200);
    if (id) assert.equal(next.headers['x-correlation-id'], id);
    c.close();
  })));

  test('is 504 with its own id while the next request is half there', async () => {
    const ids = [randomUUID(), randomUUID()];
    const c = await slowly([slow(ids[0]) + head(ids[1], [`X-Filler: ${'x'.repeat(14_000)}`])]);
    assertOwn(await c.response(), 504, 'TIMEOUT', ids[0]);
    await assertCut(c, ids[1], { unread: true });
  });

  test('is well when the log is slow, for longer than a request may take to arrive', async () => {
    const id = randomUUID();
    const text = JSON.stringify(order());
    const blocked = await BlockedLog.of(host);
    const c = await slowly([`${head(id, ['Content-Type: application/json', `Content-Length: ${text.length}`], `POST ${kOrders} HTTP/1.1`)}\r\n\r\n${text}`]);
    await scheduler.wait(kRequest + 50);
    await blocked.free();
    assertOwn(await c.response(), 201, undefined, id);
    c.close();
  });

  test('a client that goes away meanwhile disturbs nobody', async () => {
    for (let n = 0; n < 10; ++n) (await slowly([slow(randomUUID())])).close();
    await scheduler.wait(kCommand + 100);
    assert.equal((await host.get('/health/ready')).status, 200);
  });
});

describe('a connection that does nothing', () => {
  const handshake = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='];

  test('a WebSocket handshake that does not end is cut', () => Promise.all([1, 2, 3, 4].map(async (lines) => {
    const id = randomUUID();
    await assertCut(await slowly([head(id, handshake.slice(0, lines), 'GET /ws HTTP/1.1')]), id, { unread: true });
  })));

  test('a WebSocket is not: its silence is its own', async () => {
    const c = await RawConnection.open(host);
    assert.equal((await c.upgrade(host)).status, 101);
    await scheduler.wait(kKeepAlive + kRequest + 100);
    assert.ok(!c.socket.readableEnded && !c.socket.destroyed, 'it was closed');
    c.close();
  });

  test('is closed without a word', async () => {
    const c = await RawConnection.open(host);
    const began = Date.now();
    assert.equal(await c.closed(), '');
    assert.ok(Date.now() - began >= kKeepAlive / 2, 'closed too early');
  });

  test('also between two requests', async () => {
    const c = await slowly([`${head()}\r\n\r\n`]);
    assert.equal((await c.response()).status, 200);
    assert.equal(await c.closed(), '');
  });

  test('and when it takes no answer', async () => {
    const c = await RawConnection.open(host);
    c.socket.pause();
    const many = `${head(randomUUID())}\r\n\r\n`.repeat(1_000);
    for (let n = 0; n < 60 && !c.socket.destroyed; ++n) {
      c.send(many);
      await scheduler.wait(5);
    }
    await scheduler.wait(2 * kWrite + 500);
    c.socket.resume();
    await c.closed();
    c.close();
    assert.equal((await host.get('/health/ready')).status, 200);
  });
});

test('what a window of the log left out is told while the host runs', async () => {
  await until(() => host.stderr.includes(' info http lines_left_out of=request_failed detail=501 lines='),
    'lines_left_out, ten seconds after the first of them');
});

test('the neighbours noticed nothing, and the host ends well', async () => {
  await neighbours.stop();
  assert.ok(neighbours.ids.size > 50, `${neighbours.ids.size} requests beside`);
  assert.doesNotMatch(host.stderr, /Sanitizer|runtime error/);
  await host.stop();
});
