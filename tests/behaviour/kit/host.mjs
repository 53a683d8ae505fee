// The real host as a child process: its own data directory, a port of its own choosing, ended by
// its process id. COMPOSABLE_BINARY, COMPOSABLE_PLUGINS (orders.so, counter.so) and
// COMPOSABLE_PLUGINS_C (counter.so, written in C) say which build is meant.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Pool } from 'undici';

import { kPatience, until, within } from './wait.mjs';

const kListening = /(?:\bhost listening address=|"host","event":"listening",.*"address":")127\.0\.0\.1:(\d+)/;
const running = new Set();
const scratched = [];
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
  for (const directory of scratched) rmSync(directory, { recursive: true, force: true });
});

function needed(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set; run these tests with ctest -L behaviour`);
  return value;
}
export const binary = () => needed('COMPOSABLE_BINARY');
export const plugins = () => needed('COMPOSABLE_PLUGINS');
export const pluginsInC = () => needed('COMPOSABLE_PLUGINS_C');

// A fresh private directory that goes when the test process does.
export function scratch() {
  const directory = mkdtempSync(path.join(tmpdir(), 'composable-'));
  scratched.push(directory);
  return directory;
}

// A plugin directory with copies of `files`; {name: source path}.
export function pluginDirectory(files) {
  const directory = scratch();
  for (const [name, source] of Object.entries(files)) {
    copyFileSync(source, path.join(directory, name));
    chmodSync(path.join(directory, name), 0o755);
  }
  return directory;
}

// Only what a process needs, so that a developer's HOST or DATABASE_URL changes no result.
export function environment(extra) {
  const kept = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (/^(PATH|HOME|LANG|TMPDIR|LD_LIBRARY_PATH|[ATU]+[BS]*SAN_OPTIONS)$/.test(name)) {
      kept[name] = value;
    }
  }
  return { ...kept, ...extra };
}

// Runs one verb to its end: {code, signal, stdout, stderr}.
export async function run(args, { env = {} } = {}) {
  const child = spawn(binary(), args, { env: environment(env), stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  const texts = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr']) {
    child[stream].setEncoding('utf8').on('data', (text) => { texts[stream] += text; });
  }
  const [code, signal] = await within(once(child, 'close'), `end of composable ${args.join(' ')}`,
    () => `; it wrote:\n${texts.stdout}${texts.stderr}`);
  running.delete(child);
  return { code, signal, ...texts };
}

class Host {
  constructor(child, data) {
    this.child = child;
    this.data = data;
    this.stderr = '';
    this.exited = once(child, 'close').then(([code, signal]) => {
      running.delete(child);
      return { code, signal };
    });
    child.stderr.setEncoding('utf8').on('data', (text) => { this.stderr += text; });
  }

  get pid() { return this.child.pid; }
  get origin() { return `http://127.0.0.1:${this.port}`; }
  #tail() { return `; the end of its log:\n${this.stderr.slice(-4000)}`; }

  // The host says on standard error where it listens: `… host listening address=127.0.0.1:41237`,
  // or the same as JSON.
  async listening() {
    const found = () => kListening.exec(this.stderr);
    await until(() => found() || this.child.exitCode !== null || this.child.signalCode !== null,
      'the host listens').catch((error) => { throw new Error(error.message + this.#tail()); });
    if (!found()) throw new Error(`the host ended before it listened${this.#tail()}`);
    this.port = Number(found()[1]);
    this.pool = new Pool(this.origin, { connections: 64, headersTimeout: kPatience,
                                        bodyTimeout: kPatience });
    await until(async () => (await this.get('/health/ready')).status === 200,
      'the host is ready').catch((error) => { throw new Error(error.message + this.#tail()); });
  }

  // One request on a pooled connection: {status, headers, text, json}. `json` is the parsed body,
  // undefined when it is not JSON.
  async request(method, target, { json, body, headers = {} } = {}) {
    const answer = await this.pool.request({
      method, path: target,
      headers: json === undefined ? headers : { 'content-type': 'application/json', ...headers },
      body: json === undefined ? body : JSON.stringify(json),
    });
    const text = await answer.body.text();
    const isJson = /^application\/json\b/.test(answer.headers['content-type'] ?? '');
    return { status: answer.statusCode, headers: answer.headers, text,
             json: isJson && text !== '' ? JSON.parse(text) : undefined };
  }
  get(target, options) { return this.request('GET', target, options); }
  post(target, json, options) { return this.request('POST', target, { json, ...options }); }

  // SIGTERM, and the exit code must be 0.
  async stop() {
    this.child.kill('SIGTERM');
    const ended = await within(this.exited, 'end of the host after SIGTERM', () => this.#tail(),
      2 * kPatience);
    await this.pool?.destroy();
    assert.deepEqual(ended, { code: 0, signal: null },
      `the host did not end well after SIGTERM${this.#tail()}`);
  }

  // kill -9.
  async kill() {
    this.child.kill('SIGKILL');
    await within(this.exited, 'end of the host after SIGKILL');
    await this.pool?.destroy();
  }

  // For `after`: ends it if it still runs, without judging how.
  async close() {
    if (running.has(this.child)) await this.kill();
  }
}

// Starts the host and waits until it is ready.
export async function start({ pluginsDir = plugins(), data = scratch(), args = [], env = {} } = {}) {
  const child = spawn(binary(),
    ['run', '--plugins', pluginsDir, '--data-dir', data, '--listen', '127.0.0.1:0', ...args],
    { env: environment(env), stdio: ['ignore', 'ignore', 'pipe'] });
  running.add(child);
  const host = new Host(child, data);
  child.on('error', (error) => { host.stderr += `cannot start ${binary()}: ${error.message}\n`; });
  await host.listening();
  return host;
}
