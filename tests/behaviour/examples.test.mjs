// The examples of the manual, served by the real host: what a delay, a job, a topic, a group and a
// saga look like from outside, and what stands in the log.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';

import { run, scratch, start } from './kit/host.mjs';
import { until } from './kit/wait.mjs';

const examples = process.env.COMPOSABLE_EXAMPLES;
assert.ok(examples, 'COMPOSABLE_EXAMPLES is not set; run these tests with ctest -L behaviour');

const inbox = scratch();
const config = path.join(scratch(), 'composable.json');
writeFileSync(config, JSON.stringify({
  domains: {
    reservations: { seats: 3, hold_s: 1 },
    imports: { directory: inbox },
    trips: { no_seats: ['Oslo'], no_rooms: ['Atlantis'] },
  },
}));

let host;
before(async () => { host = await start({ pluginsDir: examples, args: ['--config', config] }); });
after(() => host?.close());

const api = '/api/v1';
const get = async (at) => (await host.get(`${api}/${at}`)).json;
async function post(at, body, status) {
  const answer = await host.post(`${api}/${at}`, body);
  assert.equal(answer.status, status, answer.text);
  return answer.json;
}

// On a busy machine a second may be over before the seat is bought: then it is held anew.
async function sell(seat) {
  const buy = () => host.post(`${api}/reservations/${seat}/buy`, { by: 'bob' });
  for (let sold = false; !sold; sold = (await buy()).status === 200) {
    await post(`reservations/${seat}/hold`, { by: 'bob' }, 201);
  }
}

test('a hold ends by itself, and buying takes its end back', async () => {
  await post('reservations/1/hold', { by: 'ann' }, 201);
  await sell(2);
  assert.equal((await post('reservations/2/hold', { by: 'ann' }, 409)).code, 'SEAT_TAKEN');
  await until(async () => (await get('reservations/1')).status === 'free', 'the hold to end');
  assert.equal((await get('reservations/2')).status, 'sold');
});

test('a query is read into a struct, and errors name the parameter', async () => {
  await sell(3);
  const seats = (query) => get(`reservations?${query}`);
  assert.deepEqual((await seats('status=sold&utm=x')).map((one) => one.seat), [2, 3]);
  assert.deepEqual((await seats('status=sold&limit=1')).map((one) => one.seat), [2]);
  for (const [query, path] of [['limit=many', 'limit'], ['limit=101', 'limit'], ['status=gone', 'status']]) {
    const answer = await host.get(`${api}/reservations?${query}`);
    assert.equal(answer.status, 400, answer.text);
    assert.equal(answer.json.path, path);
  }
  assert.equal((await host.get(`${api}/reservations/seven`)).status, 404);
});

test('jobs wait for a file and count it, and their lines are in the log', async () => {
  await post('imports', { file: 'a.csv' }, 202);
  assert.equal((await get('imports/a.csv')).status, 'waiting');
  writeFileSync(path.join(inbox, 'a.csv'), '1\n2\n3\n');
  await until(async () => (await get('imports/a.csv')).status === 'done', 'the file to be counted');
  assert.deepEqual(await get('imports/a.csv'), { file: 'a.csv', status: 'done', bytes: 6, lines: 3, reason: '' });
  assert.match(host.stderr, /info imports plugin message="file arrived" file=a\.csv bytes=6$/m);
  assert.match(host.stderr, /info imports plugin message="lines counted" file=a\.csv lines=3$/m);
});

test('a job that is cancelled sends nothing more', async () => {
  await post('imports', { file: 'b.csv' }, 202);
  assert.equal((await post('imports', { file: 'b.csv' }, 409)).code, 'ALREADY_RUNNING');
  assert.equal((await host.request('DELETE', `${api}/imports/b.csv`)).status, 204);
  assert.equal((await get('imports/b.csv')).reason, 'stopped');
  await post('imports', { file: 'b.csv' }, 202);  // no job of this name is left
});

test('what create checks of the configuration is logged', () => {
  assert.match(host.stderr, /info reservations plugin message="seats for sale" seats=3 hold_s=1$/m);
});

test('a sale leaves the stock, and what runs out is not sold', async () => {
  await post('stock', { item: 'tea', quantity: 2 }, 200);
  await post('shop', { item: 'tea', quantity: 2 }, 201);
  await until(async () => (await get('stock')).tea === 0, 'the tea to leave the stock');
  await until(async () => (await get('shop')).off_sale.includes('tea'), 'the shop to hear of it');
  assert.equal((await post('shop', { item: 'tea', quantity: 1 }, 409)).code, 'NOT_ON_SALE');
});

test('two streams are read at once, and the conclusion comes after both', async () => {
  for (const meter of ['a', 'b']) await post('meters', { meter }, 201);
  assert.equal((await post('meters', { meter: 'a' }, 409)).code, 'CONFLICT');
  await Promise.all(Array.from({ length: 120 }, () => post('meters/a/readings', { wh: 2 }, 201)));
  await post('meters/b/readings', { wh: 5 }, 201);
  const compared = { left: 'a', left_wh: 240, right: 'b', right_wh: 5 };
  assert.deepEqual(await post('meters/compare', { left: 'a', right: 'b' }, 200), compared);
  await post('meters/b/readings', { wh: 5 }, 201);
  assert.equal((await post('meters/compare', { left: 'a', right: 'b' }, 200)).right_wh, 10);
});

test('a trip is a room and a seat, or neither', async () => {
  assert.equal((await post('trips', { city: 'Rome' }, 201)).step, 'booked');
  const failed = await post('trips', { city: 'Oslo' }, 200);
  assert.equal(failed.reason, 'no seat to Oslo');
  assert.match(host.stderr, new RegExp(`message="supplier asked" trip=${failed.trip_id} step=2 done=true`));
  assert.equal((await post('trips', { city: 'Atlantis' }, 200)).reason, 'no room in Atlantis');
});

test('a configuration that check refuses is refused in its words', async () => {
  const bad = path.join(scratch(), 'bad.json');
  writeFileSync(bad, JSON.stringify({ domains: { reservations: { hold_s: 0 } } }));
  const checked = await run(['check', '--config', bad, '--plugins', examples, '--data-dir', scratch()]);
  assert.equal(checked.code, 1);
  assert.match(checked.stdout + checked.stderr, /hold_s: a seat is held for at least 1 second/);
});
