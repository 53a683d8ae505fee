// composable check --replay: evolves the stored log into the plugins that would be loaded, also beside
// a host that serves from it.
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';

import { pluginDirectory, run, scratch, start } from './kit/host.mjs';

const build = (name) => pluginDirectory(
  { 'tally.so': path.join(process.env.COMPOSABLE_RELOAD_FIXTURES, `${name}.so`) });
const check = (directory, data, ...more) =>
  run(['check', '--replay', '--plugins', directory, '--data-dir', data, ...more]);

test('what the log holds is evolved, and what does not evolve is named with its place', async (t) => {
  const host = await start({ pluginsDir: build('first') });
  t.after(() => host.close());
  for (const by of [1, 2, 3]) assert.equal((await host.post('/api/v1/tally', { by })).status, 200);

  const good = await check(build('second'), host.data);
  assert.equal(good.code, 0, good.stdout);
  assert.match(good.stdout, /^ok +tally .*\n +evolves the log: 3 events\n1 of 1 domain would load\n$/);
  assert.equal(JSON.parse((await check(build('second'), host.data, '--json')).stdout).domains[0].replayed, 3);

  for (const [name, reason] of [
    ['throws', 'evolving Added of stream "tally" at position 1 failed: no additions any more'],
    ['forgets', 'the domain does not know the event type Added, stored in stream "tally" at position 1'],
    ['crashes', 'while evolving Added of stream "tally" at position 1; fix the plugin'],
  ]) {
    const bad = await check(build(name), host.data, '--json');
    assert.equal(bad.code, 1, bad.stdout);
    const report = JSON.parse(bad.stdout);
    assert.equal(report.ok, false);
    assert.ok(report.domains[0].reason.includes(reason), report.domains[0].reason);
  }
  assert.equal((await host.post('/api/v1/tally', { by: 1 })).status, 200);
  await host.stop();
  assert.equal((await check(build('first'), host.data)).code, 0);
});

test('nothing is stored yet: nothing to evolve', async () => {
  const empty = await check(build('first'), scratch());
  assert.equal(empty.code, 0, empty.stdout);
  assert.match(empty.stdout, /evolves the log: 0 events/);
});
