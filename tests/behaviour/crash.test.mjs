// A plugin that crashes ends the host, which says whose it was; one that keeps crashing is set aside
// at the next start, and the rest comes back.
import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { test } from 'node:test';

import { pluginDirectory, plugins, run, scratch, start } from './kit/host.mjs';
import { place } from './kit/orders.mjs';
import { within } from './kit/wait.mjs';

function needed(name) {
  assert.ok(process.env[name], `${name} is not set; run these tests with ctest -L behaviour`);
  return process.env[name];
}
const crasher = (version) => path.join(needed('COMPOSABLE_CRASHER'), `crasher_${version}.so`);
const deadly = (name) => path.join(needed('COMPOSABLE_DEADLY_PLUGINS'), name);
const orders = () => path.join(plugins(), 'orders.so');
const kCrasher = '/api/v1/crasher';
// A sanitizer reports after the host and ends it in its own way.
const sanitized = process.env.COMPOSABLE_SANITIZE !== '';

const withOrders = (files) => pluginDirectory({ 'orders.so': orders(), ...files });
const crashes = (data) => path.join(data, 'crashes');
const recorded = (data) => readFileSync(crashes(data), 'utf8').split('\n').filter((line) => line !== '');

// Asks for it, and waits for the host's end.
async function crash(host, how, { expected, pathname = kCrasher } = {}) {
  const asked = how === undefined ? host.get(pathname) : host.post(pathname, { how });
  const answer = asked.catch(() => undefined);
  const { signal } = await within(host.exited, 'the crash', () => `; its log:\n${host.stderr}`);
  assert.equal((await answer)?.status, undefined, 'a crash was answered');
  if (!sanitized) assert.equal(signal, expected, host.stderr);
  await host.pool.destroy();
}

const line = (host) => host.stderr.split('\n').filter((one) => / crashed |"event":"crashed"/.test(one));

for (const [how, expected, said] of [
  ['null', 'SIGSEGV', / error crasher crashed signal=SIGSEGV address=0x10 in=decide action=Crash generation=1 build=[0-9a-f]{40}$/],
  ['overflow', 'SIGSEGV', / error crasher crashed signal=SIGSEGV address=0x[0-9a-f]+ in=decide action=Crash generation=1 build=/],
  ['evolve', 'SIGABRT', / error crasher crashed signal=SIGABRT in=evolve action=Moved generation=1 build=/],
  ['job', 'SIGABRT', / error crasher crashed signal=SIGABRT in=run_job job=Terminate generation=1 build=/],
  ['thread', 'SIGSEGV', / error crasher crashed signal=SIGSEGV address=0x10 in=own_thread generation=1 build=/],
]) {
  test(`a crash by ${how} names signal, domain, hook, subject, generation and build`, async (t) => {
    const host = await start({ pluginsDir: withOrders({ 'crasher.so': crasher(1) }) });
    t.after(() => host.close());
    await crash(host, how, { expected });
    assert.equal(line(host).length, 1, host.stderr);
    assert.match(line(host)[0], said);
    const [record, ...more] = recorded(host.data);
    assert.deepEqual(more, []);
    assert.match(record, new RegExp(`^\\S+Z ${expected} crasher 1 [0-9a-f]{40} \\w+ \\S+$`));
  });
}

test('a crash in a read names its route, and as JSON where the log is JSON', async (t) => {
  const host = await start({ pluginsDir: withOrders({ 'crasher.so': crasher(1) }),
                             args: ['--log-format', 'json'] });
  t.after(() => host.close());
  await crash(host, undefined, { expected: 'SIGILL', pathname: `${kCrasher}/trap` });
  const said = JSON.parse(line(host)[0]);
  assert.deepEqual([said.level, said.domain, said.event, said.signal, said.in, said.route, said.generation],
    ['error', 'crasher', 'crashed', 'SIGILL', 'read', '/trap', 1]);
});

test('a signal from outside is told, and blames no plugin', async (t) => {
  const host = await start({ pluginsDir: withOrders({ 'crasher.so': crasher(1) }) });
  t.after(() => host.close());
  host.child.kill('SIGSEGV');
  const { signal } = await within(host.exited, 'the end');
  if (!sanitized) assert.equal(signal, 'SIGSEGV');
  assert.match(line(host)[0], new RegExp(` error host crashed signal=SIGSEGV sent_by=${process.pid}$`));
  assert.deepEqual(recorded(host.data), []);
});

test('a build that crashed three times is set aside; another build of it is served', async (t) => {
  const pluginsDir = withOrders({ 'crasher.so': crasher(1) });
  const data = scratch();
  for (let n = 0; n < 3; ++n) {
    const host = await start({ pluginsDir, data });
    t.after(() => host.close());
    await crash(host, 'null', { expected: 'SIGSEGV' });
  }

  let host = await start({ pluginsDir, data });
  t.after(() => host.close());
  const reason = /crasher\.so: this build \([0-9a-f]{8}\) has crashed the host 3 times within 60 s, the last time in decide of Crash \(SIGSEGV\) at 20\d\d-[^ ]+Z; replace it by another build, or remove [^ ]+crashes and restart to try it again/;
  assert.match(host.stderr, reason);
  await place(host);
  const away = await host.post(kCrasher, { how: 'null' });
  assert.equal(away.status, 503);
  assert.equal(away.json.message, 'The domain crasher is not served now: its plugin has crashed the host too often and is blocked');
  const health = await host.get('/health');
  assert.equal(health.status, 200);
  assert.deepEqual(health.json, { status: 'degraded', domains: { orders: 'healthy', crasher: 'unhealthy' } });
  assert.match((await adminPage(host, '/_composable/api/domains')).refused[0].reason, reason);
  await host.stop();

  const checked = await run(['check', '--plugins', pluginsDir, '--data-dir', data]);
  assert.equal(checked.code, 1);
  assert.match(checked.stdout, reason);

  copyFileSync(crasher(2), path.join(pluginsDir, 'crasher.so'));
  host = await start({ pluginsDir, data });
  t.after(() => host.close());
  assert.equal((await host.post(kCrasher, { how: '' })).status, 200);
  assert.equal((await host.get('/health')).json.status, 'ok');
  await host.stop();

  copyFileSync(crasher(1), path.join(pluginsDir, 'crasher.so'));
  rmSync(crashes(data));
  host = await start({ pluginsDir, data });
  t.after(() => host.close());
  assert.equal((await host.post(kCrasher, { how: '' })).status, 200);
  await host.stop();
});

test('a plugin that crashes while it is loaded lets the host come back too', async (t) => {
  for (const [name, hook] of [['crashes_in_create.so', 'create'],
                              ['crashes_in_constructor.so', 'constructors']]) {
    const pluginsDir = withOrders({ [name]: deadly(name) });
    const data = scratch();
    for (let n = 0; n < 3; ++n) {
      const { signal, stderr } = await run(['run', '--plugins', pluginsDir, '--data-dir', data,
                                            '--listen', '127.0.0.1:0']);
      if (!sanitized) assert.equal(signal, 'SIGSEGV', stderr);
      assert.match(stderr, new RegExp(`error ${name.slice(0, -3)} crashed signal=SIGSEGV address=0x10 in=${hook} `));
    }
    const host = await start({ pluginsDir, data });
    t.after(() => host.close());
    assert.match(host.stderr, new RegExp(`the last time in ${hook} \\(SIGSEGV\\)`));
    await place(host);
    assert.equal((await host.get('/health')).json.domains[name.slice(0, -3)], 'unhealthy');
    await host.stop();
  }
});

test('limit and window are settings, and a limit of 0 sets nothing aside', async (t) => {
  const pluginsDir = withOrders({ 'crasher.so': crasher(1) });
  const config = path.join(scratch(), 'composable.json');
  const data = scratch();
  const begin = async (limit) => {
    writeFileSync(config, `{"crashes": {"limit": ${limit}}}`);
    const host = await start({ pluginsDir, data, args: ['--config', config] });
    t.after(() => host.close());
    return host;
  };
  await crash(await begin(1), 'null', { expected: 'SIGSEGV' });
  let host = await begin(1);
  assert.match(host.stderr, /has crashed the host once, in decide of Crash/);
  await host.stop();
  host = await begin(0);
  assert.equal((await host.post(kCrasher, { how: '' })).status, 200);
  await host.stop();
});

test('a crash file that is none is a warning', async (t) => {
  const pluginsDir = withOrders({ 'crasher.so': crasher(1) });
  const data = scratch();
  writeFileSync(crashes(data), Buffer.concat([Buffer.from('something else\n'), Buffer.alloc(100_000, 0xff)]));
  let host = await start({ pluginsDir, data });
  t.after(() => host.close());
  assert.match(host.stderr, / warn crashes unreadable file=\S+crashes lines=1/);
  await host.stop();
  assert.equal(readFileSync(crashes(data)).length, 0);

  rmSync(crashes(data));
  mkdirSync(crashes(data));
  host = await start({ pluginsDir, data });
  t.after(() => host.close());
  assert.match(host.stderr, / warn crashes not_kept reason=".*crashes: expected a file, found a directory; remove it"/);
  await crash(host, 'null', { expected: 'SIGSEGV' });
  assert.equal(line(host).length, 1);
  assert.ok(existsSync(crashes(data)));
});

function adminPage(host, target) {
  return within(new Promise((resolve, reject) => {
    http.get({ socketPath: path.join(host.data, 'admin.sock'), path: target }, async (response) => {
      resolve(JSON.parse(Buffer.concat(await response.toArray()).toString()));
    }).on('error', reject);
  }), `answer of the admin listener to ${target}`);
}
