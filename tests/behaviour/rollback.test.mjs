// composable rollback goes back to builds that served before the host began: after a kill -9 and a
// restart, and for a domain that is set aside for its crashes.
import assert from 'node:assert/strict';
import { copyFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

import { pluginDirectory, run, scratch, start } from './kit/host.mjs';
import { within } from './kit/wait.mjs';

const tally = (name) => path.join(process.env.COMPOSABLE_RELOAD_FIXTURES, `${name}.so`);
const crasher = (version) => path.join(process.env.COMPOSABLE_CRASHER, `crasher_${version}.so`);
const sanitized = process.env.COMPOSABLE_SANITIZE !== '';
const back = (host, ...names) => run(['rollback', ...names, '--data-dir', host.data]);

test('a build that served before a kill -9 serves again after the restart', async (t) => {
  const data = scratch();
  const pluginsDir = pluginDirectory({ 'tally.so': tally('first') });
  let host = await start({ pluginsDir, data });
  t.after(() => host.close());
  assert.equal((await host.post('/api/v1/tally', { by: 3 })).status, 200);
  copyFileSync(tally('doubles'), path.join(pluginsDir, 'tally.so'));
  const reloaded = await run(['reload', 'tally', '--data-dir', data]);
  assert.equal(reloaded.code, 0, reloaded.stderr);
  await host.kill();

  host = await start({ pluginsDir, data });
  const unknown = await back(host, 'taly');
  assert.equal(unknown.code, 1);
  assert.match(unknown.stderr, /the domain "taly" is not served.*did you mean "tally"\?/);
  const done = await back(host, 'tally');
  assert.equal(done.code, 0, done.stderr);
  assert.match(done.stdout, /^live  tally 2 \(build [0-9a-f]{8}\), in place of 1: evolved 1 events/);
  const kept = path.join(data, 'kept');
  assert.equal(statSync(kept).mode & 0o777, 0o700);
  for (const name of readdirSync(kept)) {
    assert.equal(statSync(path.join(kept, name)).mode & 0o777, 0o600, name);
  }
  await host.stop();
});

test('a kept build that was changed is not used', async (t) => {
  const data = scratch();
  const pluginsDir = pluginDirectory({ 'tally.so': tally('first') });
  let host = await start({ pluginsDir, data });
  t.after(() => host.close());
  await host.stop();
  const [file] = readdirSync(path.join(data, 'kept')).filter((name) => name.endsWith('.so'));
  copyFileSync(tally('doubles'), path.join(pluginsDir, 'tally.so'));
  host = await start({ pluginsDir, data });
  const size = statSync(path.join(data, 'kept', file)).size;
  writeFileSync(path.join(data, 'kept', file), Buffer.alloc(size));
  const refused = await back(host, 'tally');
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /the kept build is damaged and not used: its SHA-256 is/);
  assert.equal((await host.post('/api/v1/tally', { by: 3 })).status, 200);
  await host.stop();
});

test('a domain that is set aside goes back to the build before', { skip: sanitized }, async (t) => {
  const data = scratch();
  const pluginsDir = pluginDirectory({ 'crasher.so': crasher(1) });
  let host = await start({ pluginsDir, data });
  t.after(() => host.close());
  await host.stop();
  copyFileSync(crasher(2), path.join(pluginsDir, 'crasher.so'));
  for (let n = 0; n < 3; ++n) {
    host = await start({ pluginsDir, data });
    host.post('/api/v1/crasher', { how: 'null' }).catch(() => {});
    await within(host.exited, 'the crash');
    await host.pool.destroy();
  }
  host = await start({ pluginsDir, data });
  assert.equal((await host.post('/api/v1/crasher', { how: 'no' })).status, 503);
  const done = await back(host, 'crasher');
  assert.equal(done.code, 0, done.stderr);
  assert.match(done.stdout, /^live  crasher \d \(build [0-9a-f]{8}\)/);
  assert.equal((await host.post('/api/v1/crasher', { how: 'no' })).status, 200);
  assert.equal((await host.get('/health')).json.status, 'ok');
  await host.stop();
});
