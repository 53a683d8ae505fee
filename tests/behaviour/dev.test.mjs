// composable dev from outside: what it serves, and how it ends. The project's "compiler" copies a
// plugin that is built already, so that a save takes a moment.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

import { binary, environment, pluginDirectory, plugins, pluginsInC, scratch } from './kit/host.mjs';
import { until, within } from './kit/wait.mjs';

const crasher = (version) => path.join(process.env.COMPOSABLE_CRASHER, `crasher_${version}.so`);
const sanitized = process.env.COMPOSABLE_SANITIZE !== '';

// `save(source)` has the next build put that plugin into the build's `where`.
class Project {
  constructor(source, { where = 'plugins/shop.so' } = {}) {
    this.path = path.join(scratch(), 'shop');
    mkdirSync(this.path);
    writeFileSync(path.join(this.path, 'CMakePresets.json'), JSON.stringify({
      version: 6,
      configurePresets: [{ name: 'dev', generator: 'Ninja', binaryDir: '${sourceDir}/build/dev' }],
      buildPresets: [{ name: 'dev', configurePreset: 'dev' }],
    }));
    this.where = where;
    this.save(source);
  }
  save(source) {
    writeFileSync(path.join(this.path, 'CMakeLists.txt'), `cmake_minimum_required(VERSION 3.25)
project(shop LANGUAGES NONE)
add_custom_target(shop ALL COMMAND \${CMAKE_COMMAND} -E copy ${source} \${CMAKE_BINARY_DIR}/${this.where}.new
  COMMAND \${CMAKE_COMMAND} -E rename \${CMAKE_BINARY_DIR}/${this.where}.new \${CMAKE_BINARY_DIR}/${this.where} VERBATIM)
`);
  }
}

class Dev {
  constructor(project, { args = [], env = {}, wrapped = (command) => command } = {}) {
    this.text = '';
    const [program, ...rest] = wrapped([binary(), 'dev', '--listen', '127.0.0.1:0', ...args]);
    this.child = spawn(program, rest,
      { cwd: project.path, env: environment(env), stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of ['stdout', 'stderr']) {
      this.child[stream].setEncoding('utf8').on('data', (text) => { this.text += text; });
    }
    this.exited = once(this.child, 'exit').then(([code, signal]) => ({ code, signal }));
  }
  count(pattern) { return [...this.text.matchAll(new RegExp(pattern, 'g'))].length; }
  async said(pattern, times = 1) {
    await until(() => this.count(pattern) >= times, `dev says ${pattern} ${times} times`)
      .catch((error) => { throw new Error(`${error.message}; it said:\n${this.text}`); });
  }
  async origin() {
    await this.said('host +serves');
    return [...this.text.matchAll(/serves +(http:\S+)/g)].at(-1)[1];
  }
  async ended() {
    return within(this.exited, 'end of dev', () => `; it said:\n${this.text}`);
  }
  close() { this.child.kill('SIGKILL'); }
}

// The processes below `pid`, itself included, that are still there.
function family(pid) {
  const all = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).flatMap((name) => {
    try {
      const [, parent] = /\) \S (\d+) /.exec(readFileSync(`/proc/${name}/stat`, 'utf8'));
      return [{ pid: Number(name), parent: Number(parent) }];
    } catch { return []; }
  });
  const found = [pid];
  for (let n = 0; n < found.length; ++n) {
    found.push(...all.filter((one) => one.parent === found[n]).map((one) => one.pid));
  }
  return found;
}
function isRunning(pid) {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch { return false; }
}
const allGone = (pids) => until(() => !pids.some(isRunning), 'every process of dev has ended');

const status = async (origin, target, options) => (await fetch(origin + target, options)).status;
const crash = (origin) => fetch(`${origin}/api/v1/crasher`, {
  method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"how":"null"}' })
  .catch(() => undefined);

test('the project\'s plugins come first, those of --plugins and of the file are added', async (t) => {
  const project = new Project(path.join(plugins(), 'counter.so'));
  const given = pluginDirectory({ 'counter.so': path.join(pluginsInC(), 'counter.so'),
                                  'crasher.so': crasher(1) });
  const configured = pluginDirectory({ 'orders.so': path.join(plugins(), 'orders.so') });
  const file = path.join(scratch(), 'composable.json');
  writeFileSync(file, JSON.stringify({ plugins: { dirs: [configured] } }));
  const dev = new Dev(project, { args: ['--plugins', given, '--config', file] });
  t.after(() => dev.close());
  const origin = await dev.origin();
  assert.match(dev.text, /shop +builds +first configuration/);
  assert.match(dev.text, /shop +built +\d/);
  assert.match(dev.text, /counter\\?" is already served by \S*build\/dev\/plugins\/shop\.so/);
  assert.equal(await status(origin, '/api/v1/counter'), 200);
  assert.equal(await status(origin, '/api/v1/orders/nothing'), 404);
  const routed = await fetch(`${origin}/api/v1/orders/nothing`).then((answer) => answer.json());
  assert.doesNotMatch(JSON.stringify(routed), /no such path/);
  dev.child.kill('SIGTERM');
  assert.deepEqual(await dev.ended(), { code: 0, signal: null });
});

test('a plugin that is built where nothing is served is a line', async (t) => {
  const project = new Project(path.join(plugins(), 'counter.so'), { where: 'elsewhere/shop.so' });
  mkdirSync(path.join(project.path, 'build', 'dev', 'elsewhere'), { recursive: true });
  const dev = new Dev(project);
  t.after(() => dev.close());
  await dev.said('shop +unserved +build/dev/elsewhere/shop\\.so: built, but in no directory that is served');
});

test('a crash is told with domain, build, signal and place, and the next save serves again',
  { skip: sanitized }, async (t) => {
    const project = new Project(crasher(1));
    const dev = new Dev(project);
    t.after(() => dev.close());
    await crash(await dev.origin());
    await dev.said('crasher +crashed +SIGSEGV in decide of Crash, build [0-9a-f]{8}; waits for the next save');
    assert.equal(dev.child.exitCode, null);
    project.save(crasher(2));
    await dev.said('host +serves', 2);
    assert.equal(await status(await dev.origin(), '/health/ready'), 200);
    dev.child.kill('SIGINT');
    assert.deepEqual(await dev.ended(), { code: 0, signal: null });
  });

test('with --no-build another build of the plugin serves again', { skip: sanitized }, async (t) => {
  const directory = pluginDirectory({ 'crasher.so': crasher(1) });
  const dev = new Dev({ path: scratch() }, { args: ['--no-build', '--plugins', directory] });
  t.after(() => dev.close());
  await crash(await dev.origin());
  await dev.said('crashed .* waits for another build of a plugin');
  copyFileSync(crasher(2), path.join(directory, 'crasher.so'));
  await dev.said('host +serves', 2);
});

test('SIGHUP ends it with its host; under nohup it is nothing', async (t) => {
  const project = new Project(path.join(plugins(), 'counter.so'));
  const dev = new Dev(project);
  t.after(() => dev.close());
  await dev.origin();
  const pids = family(dev.child.pid);
  assert.equal(pids.length, 2);
  dev.child.kill('SIGHUP');
  assert.deepEqual(await dev.ended(), { code: 0, signal: null });
  await allGone(pids);

  const kept = new Dev(project, { wrapped: (command) => ['nohup', ...command] });
  t.after(() => kept.close());
  const origin = await kept.origin();
  kept.child.kill('SIGHUP');
  await new Promise((done) => { setTimeout(done, 200); });
  assert.equal(await status(origin, '/health/ready'), 200);
});

test('a parent that is killed takes its host along', async (t) => {
  const project = new Project(path.join(plugins(), 'counter.so'));
  const dev = new Dev(project);
  t.after(() => dev.close());
  await dev.origin();
  const pids = family(dev.child.pid);
  dev.child.kill('SIGKILL');
  await allGone(pids);
});

test('it ends when nobody reads what it prints', async (t) => {
  const project = new Project(path.join(plugins(), 'counter.so'));
  const dev = new Dev(project);
  t.after(() => dev.close());
  await dev.origin();
  const pids = family(dev.child.pid);
  dev.child.stdout.destroy();
  await allGone(pids);
});

test('lines that are lost are said to be, and it serves on', async (t) => {
  const directory = pluginDirectory({ 'counter.so': path.join(plugins(), 'counter.so') });
  const dev = new Dev({ path: scratch() }, { args: ['--no-build', '--plugins', directory, '--log-level', 'info'],
    wrapped: (command) => ['bash', '-c', 'exec "$0" "$@" > /dev/full', ...command] });
  t.after(() => dev.close());
  await dev.said('composable: standard output cannot be written: No space left on device; make room, or send it elsewhere');
  await dev.said(' host listening address=');
  const [, address] = /host listening address=(\S+)/.exec(dev.text);
  await until(async () => await status(`http://${address}`, '/health/ready') === 200, 'it serves');
  dev.child.kill('SIGTERM');
  assert.deepEqual(await dev.ended(), { code: 0, signal: null });
});

// `script` gives it a terminal, which closes when script is killed. In the background of a shell it
// hears no SIGHUP from the kernel; with its outputs in a file no descriptor of it is the terminal.
for (const [how, command] of [
  ['in the foreground', (line) => line],
  ['in the background', (line) => `${line} & wait`],
  ['with its outputs in a file', (line) => `${line} >log 2>&1 </dev/null & sleep 60`],
]) {
  test(`closing the terminal ends it, ${how}`, async (t) => {
    const project = new Project(path.join(plugins(), 'counter.so'));
    const dev = new Dev(project, { wrapped: (words) =>
      ['script', '-qfec', command(words.join(' ')), path.join(scratch(), 'typescript')] });
    t.after(() => dev.close());
    const log = path.join(project.path, 'log');
    const text = () => {
      try { return dev.text + readFileSync(log, 'utf8'); } catch { return dev.text; }
    };
    await until(() => /host +serves/.test(text()), 'dev serves').catch((error) => {
      throw new Error(`${error.message}; it said:\n${text()}`);
    });
    const pids = family(dev.child.pid).filter((pid) =>
      readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith(binary())
      || readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith('composable'));
    assert.equal(pids.length, 2, text());
    dev.child.kill('SIGKILL');
    await allGone(pids);
  });
}
