// A stream belongs to its domain: two domains may give one name to a stream each.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { kOffice, ledger, openOffice, post } from './kit/box_office.mjs';
import { scratch } from './kit/host.mjs';

test('two domains have a stream of one name each, and count its versions apart', async (t) => {
  const data = scratch();
  const plugins = { 'diary.so': process.env.COMPOSABLE_DIARY };
  let host = await openOffice({ data, plugins });
  t.after(() => host.close());
  const name = 'customer-7';
  const write = (text) => host.post('/api/v1/diary', { day: name, text });
  const touch = () => post(host, { Touch: { place: name } });
  const recalled = async () => (await host.post('/api/v1/diary/recall',
    { day: name, from: 1, most: 100 })).json.events;

  assert.equal((await touch()).status, 200);
  assert.equal((await touch()).status, 200);
  const written = await write('rain');
  assert.equal(written.status, 201, `the second domain was answered ${written.text}`);
  assert.equal((await touch()).status, 200);
  assert.equal((await write('sun')).status, 201);

  const check = async (texts, touches) => {
    const events = await recalled();
    assert.deepEqual(events.map(({ version, data: { text } }) => [version, text]),
      texts.map((text, n) => [n + 1, text]), 'a diary recalls what another domain wrote');
    assert.deepEqual(await ledger(host), Array(touches).fill(`touched ${name}`));
  };
  await check(['rain', 'sun'], 3);
  await host.stop();

  host = await openOffice({ data, plugins });
  assert.equal((await write('snow')).status, 201);
  assert.equal((await touch()).status, 200);
  await check(['rain', 'sun', 'snow'], 4);
  assert.equal((await host.get(kOffice)).json.touches, 4);
  await host.stop();
});
