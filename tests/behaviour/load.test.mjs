// A domain reads its own log: the page that the host makes of a `load`, as the C++ SDK reads it,
// compared with what `evolve` was told of the same events.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { pluginDirectory, scratch, start } from './kit/host.mjs';

const diary = process.env.COMPOSABLE_DIARY;
assert.ok(diary, 'COMPOSABLE_DIARY is not set; run these tests with ctest -L behaviour');
const kDiary = '/api/v1/diary';
const kTexts = ['plain', '"quoted" \\ \n', 'gr\u00fc\u00df \u20ac \ud83d\ude00', ''];
const pluginsDir = pluginDirectory({ 'diary.so': diary });
const data = scratch();

let host;
before(async () => {
  host = await start({ pluginsDir, data });
  for (const text of kTexts) {
    const { status, text: said } = await host.post(kDiary, { day: 'day-1', text });
    assert.equal(status, 201, said);
    await host.post(kDiary, { day: 'day-2', text: 'between' });
  }
});
after(() => host?.close());

const recall = async (body) => {
  const answer = await host.post(`${kDiary}/recall`, body);
  assert.equal(answer.status, 200, answer.text);
  return answer.json;
};
// As evolve saw them, in the form in which they are loaded. It is told no position: an event is
// evolved before it has one.
const seen = async (day) => {
  const { days } = (await host.get(kDiary)).json;
  return days[day].map(({ text, position, ...told }) => {
    assert.equal(position, 0);
    return { type: 'Written', ...told, data: { day, text } };
  });
};
const recalled = (page) => ({ ...page, events: page.events.map(({ position, ...told }) => told) });

async function everythingAgrees() {
  const page = await recall({ day: 'day-1', from: 1, most: 1000 });
  assert.deepEqual(recalled(page).events, await seen('day-1'));
  assert.deepEqual(page.events.map(({ position }) => position), [1, 3, 5, 7]);
  assert.deepEqual(page.events.map(({ data: { text } }) => text), kTexts);
  assert.deepEqual(page.events.map(({ version }) => version), [1, 2, 3, 4]);
  assert.equal(page.more, false);
  assert.equal(page.day, 'day-1');
  for (const { recorded_at } of page.events) {
    assert.match(recorded_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.ok(Math.abs(Date.parse(recorded_at) - Date.now()) < 3_600_000, recorded_at);
  }
}

test('what is loaded is what evolve was told: version, time and data', everythingAgrees);

test('a page begins and ends where it was asked to, and says that there is more', async () => {
  const all = await seen('day-1');
  assert.deepEqual(recalled(await recall({ day: 'day-1', from: 2, most: 2 })),
    { day: 'day-1', events: all.slice(1, 3), more: true });
  assert.deepEqual(recalled(await recall({ day: 'day-1', from: 3, most: 2 })),
    { day: 'day-1', events: all.slice(2), more: false });
});

test('a stream without events is an empty page', async () => {
  assert.deepEqual(await recall({ day: 'day-3', from: 1, most: 10 }),
    { day: 'day-3', events: [], more: false });
});

test('after a restart it is the same', async () => {
  await host.stop();
  host = await start({ pluginsDir, data });
  await everythingAgrees();
  await host.stop();
});
