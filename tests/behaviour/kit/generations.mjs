// Plugin files that change under a running host: the admin socket, the generations that it shows,
// and what the process has mapped.
import { createHash } from 'node:crypto';
import { copyFileSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';

import { scratch } from './host.mjs';
import { until, within } from './wait.mjs';

// One request to the admin socket: {status, text, json}.
export async function admin(host, method, target, headers = {}) {
  const response = await within(new Promise((resolve, reject) => {
    http.request({ socketPath: path.join(host.data, 'admin.sock'), path: target, method, headers,
                   agent: false }, resolve).on('error', reject).end();
  }), `answer of the admin listener to ${target}`);
  const text = Buffer.concat(await response.toArray()).toString();
  const isJson = /json/.test(response.headers['content-type'] ?? '');
  return { status: response.statusCode, text, json: isJson ? JSON.parse(text) : undefined };
}

// All records, newest first.
export async function generations(host) {
  return (await admin(host, 'GET', '/_composable/api/generations')).json.generations;
}

export const reload = (host, domain) =>
  admin(host, 'POST', `/_composable/api/domains/${domain}/reload`);

// The newest attempt's number; what comes later has a higher one.
export const newestAttempt = async (host) => (await generations(host))[0].attempt;

// Waits for the record after `attempt` that `match` accepts.
export function record(host, attempt, match, what) {
  return until(async () => (await generations(host)).find((one) => one.attempt > attempt && match(one)), what);
}

// Waits until no generation is on its way or leaving. A request for a reload is answered before the
// one that was replaced begins to leave.
export function settled(host) {
  return until(async () => {
    const all = await generations(host);
    const live = all.filter((one) => one.state === 'live').map((one) => one.domain);
    return new Set(live).size === live.length
      && all.every((one) => !['canary', 'loading', 'draining'].includes(one.state));
  }, 'every generation has come or gone');
}

// The names of the private copies that the process has mapped: orders.3.9f2c41d0.so.
export function mapped(host) {
  const names = readFileSync(`/proc/${host.pid}/maps`, 'utf8').matchAll(/\/host-\d+\/([\w.-]+\.so)/g);
  return [...new Set([...names].map((match) => match[1]))].sort();
}

// Puts a copy of `source` in the place of `file`, by rename.
export function put(source, file) {
  const unfinished = path.join(path.dirname(file), `.${path.basename(file)}.new`);
  copyFileSync(source, unfinished);
  renameSync(unfinished, file);
}

// What the host tells a build by, in hex: the beginning of the digest of its bytes.
export function buildOf(file) {
  return createHash('sha256').update(readFileSync(file)).digest('hex').slice(0, 40);
}

// A file with the same code as another build: the last byte of its build id differs.
export function otherBuild(source) {
  const bytes = readFileSync(source);
  const note = bytes.indexOf(Buffer.from('\x04\0\0\0\x14\0\0\0\x03\0\0\0GNU\0', 'latin1'));
  if (note < 0) throw new Error(`${source} has no build id`);
  bytes[note + 35] ^= 0xff;
  const file = path.join(scratch(), path.basename(source));
  writeFileSync(file, bytes, { mode: 0o755 });
  return file;
}

// The lines of the admin listener's metrics: {series: value}.
export async function metrics(host) {
  const { text } = await admin(host, 'GET', '/metrics');
  const lines = text.split('\n').filter((one) => one !== '' && !one.startsWith('#'));
  return Object.fromEntries(lines.map((one) => [one.slice(0, one.lastIndexOf(' ')), Number(one.slice(one.lastIndexOf(' ')))]));
}
// One of them; 0 as long as nothing was counted.
export const metric = async (host, series) => (await metrics(host))[series] ?? 0;
