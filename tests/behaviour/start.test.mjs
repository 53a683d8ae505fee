// Starts and verbs in odd surroundings: descriptors that are closed, output that nobody takes,
// addresses that are not there or named twice.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, readFileSync, readlinkSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { test } from 'node:test';

import { binary, environment, pluginDirectory, plugins, run, scratch, start } from './kit/host.mjs';
import { until, within } from './kit/wait.mjs';

const orders = () => path.join(plugins(), 'orders.so');

// One command line of a shell: {code, stdout, stderr}. `$0` is the host's binary.
async function shell(line, ...words) {
  const child = spawn('bash', ['-c', line, binary(), ...words],
    { env: environment(), stdio: ['ignore', 'pipe', 'pipe'] });
  const texts = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr']) child[stream].on('data', (text) => { texts[stream] += text; });
  const [code] = await within(once(child, 'close'), line);
  return { code, ...texts };
}

// Descriptor 4 is a pipe whose reader has left.
const withoutReader = 'mkfifo "$3/pipe"; exec 3<>"$3/pipe" 4>"$3/pipe" 3>&-;';

// $1 is a plugin, $2 the directory that it is in, $3 a fresh directory.
const verbs = ['version', '--version', 'help', 'help run', 'run --help', 'config', 'config --json', 'verify --list',
  'verify --filter load $1', 'inspect $1', 'inspect --json $1', 'check --plugins $2 --data-dir $3',
  'routes --plugins $2 --data-dir $3', 'new domain shop --dir $3/shop'];

for (const verb of verbs) {
  test(`${verb}: output that cannot be written is said, and is a failure`, async () => {
    for (const [where, why] of [['> /dev/full', 'No space left on device'], ['>&-', 'Bad file descriptor']]) {
      const { code, stderr } = await shell(`"$0" ${verb} ${where}`, orders(), plugins(), scratch());
      assert.equal(stderr, `composable: standard output cannot be written: ${why}; make room, or send it elsewhere\n`);
      assert.equal(code, 1);
    }
  });
}

test('a reader that has read enough is no failure, and nothing is said of it', async () => {
  for (const verb of verbs) {
    const { code, stderr } = await shell(`${withoutReader} "$0" ${verb} >&4`, orders(), plugins(), scratch());
    assert.deepEqual([code, stderr], [141, ''], verb);
  }
});

test('help help is the help', async () => {
  const help = await run(['help']);
  assert.deepEqual(await run(['help', 'help']), help);
  assert.equal(help.code, 0);
});

test('what a host answers to reload and rollback is lost aloud too', async (t) => {
  const host = await start({ pluginsDir: pluginDirectory({ 'counter.so': path.join(plugins(), 'counter.so') }) });
  t.after(() => host.close());
  for (const verb of ['reload', 'reload counter --json']) {
    const full = await shell(`"$0" ${verb} --data-dir "$1" > /dev/full`, host.data);
    assert.deepEqual([full.code, full.stderr],
      [1, 'composable: standard output cannot be written: No space left on device; make room, or send it elsewhere\n']);
    const left = await shell(`${withoutReader} "$0" ${verb} --data-dir "$1" >&4`, host.data, '', scratch());
    assert.deepEqual([left.code, left.stderr], [141, '']);
  }
  // What was refused stays refused.
  const refused = await shell(`${withoutReader} "$0" rollback nothing --data-dir "$1" >&4`, host.data, '', scratch());
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /nothing/);
  await host.stop();
});

test('a data directory that others may write to is told', async (t) => {
  const data = scratch();
  chmodSync(data, 0o777);
  const host = await start({ pluginsDir: pluginDirectory({}), data });
  t.after(() => host.close());
  assert.ok(host.stderr.includes(`warn host data_directory_unsafe reason="${data}: a data directory that every user may `
    + 'write to, mode 0777: any user could make this host run their code; chmod o-w it"'), host.stderr);
  await host.stop();
});

for (const closed of ['<&-', '>&-', '2>&-', '<&- >&- 2>&-']) {
  test(`started with ${closed} no file of the host takes a standard descriptor's place`, async () => {
    const data = scratch();
    const child = spawn('bash', ['-c', `exec "$0" run --plugins "$1" --data-dir "$2" --listen 127.0.0.1:0 --log-level debug ${closed}`,
      binary(), plugins(), data], { env: environment(), stdio: 'ignore' });
    const ended = once(child, 'close');
    try {
      await until(() => existsSync(path.join(data, 'admin.sock')), 'the host listens');
      const { code, stderr } = await run(['reload', '--data-dir', data]);
      assert.equal(code, 0, stderr);
      for (const fd of [0, 1, 2]) assert.equal(readlinkSync(`/proc/${child.pid}/fd/${fd}`), '/dev/null');
      assert.equal(readFileSync(path.join(data, 'events.db.lock'), 'utf8'), `${child.pid}\n`);
    } finally {
      child.kill('SIGTERM');
    }
    assert.deepEqual(await ended, [0, null]);
  });
}

// A port that is free on both loopbacks, with the IPv6 one taken.
async function taken(host) {
  for (;;) {
    const server = net.createServer().listen({ host, port: 0, ipv6Only: host.includes(':') });
    await once(server, 'listening');
    return { server, port: server.address().port };
  }
}

test('a default address that does not work is told, and does not decide the start', async () => {
  const { server, port } = await taken('::1');
  const child = spawn(binary(), ['run', '--plugins', plugins(), '--data-dir', scratch(), '--listen', `:${port}`],
    { env: environment(), stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  child.stderr.on('data', (text) => { log += text; });
  const ended = once(child, 'close');
  try {
    await until(() => log.includes(' ready ') || child.exitCode !== null, 'the host is ready');
    assert.match(log, new RegExp(`warn host not_listening reason="\\[::1\\]:${port}: .*"\n.*listening address=127.0.0.1:${port}\n`), log);
    assert.ok(!log.includes(`listening address=[::1]`), log);
  } finally {
    child.kill('SIGTERM');
    server.close();
  }
  assert.deepEqual(await ended, [0, null], log);
});

test('an address that was asked for by name decides the start', async () => {
  const { server, port } = await taken('127.0.0.1');
  const started = await run(['run', '--plugins', plugins(), '--data-dir', scratch(), '--listen', `127.0.0.1:${port}`]);
  server.close();
  assert.equal(started.code, 1);
  assert.match(started.stderr, /in use by another process/);
});

test('an address named twice is said to be', async () => {
  const started = await run(['run', '--plugins', plugins(), '--data-dir', scratch(), '--listen', 'localhost:3999',
    '--admin-listen', '127.0.0.1:3999']);
  assert.equal(started.code, 1);
  assert.match(started.stderr, /config\.admin\.listen: 127\.0\.0\.1:3999 is named twice, here and in config\.listen; give the admin listener a port of its own/);
});
