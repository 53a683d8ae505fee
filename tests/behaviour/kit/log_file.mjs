// The log's database as somebody from outside treats it: with SQL, through Python's sqlite3, or by
// its pages.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readSync, statSync, writeSync } from 'node:fs';
import path from 'node:path';

import { within } from './wait.mjs';

export const kPage = 4096;
export const logFile = (data) => path.join(data, 'events.db');

// Runs statements, each in a transaction of its own, and returns the rows of the last one.
export function sql(file, ...statements) {
  const kRun = `
import json, sqlite3, sys
log = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=20)
rows = []
for statement in sys.argv[2:]:
    rows = [list(row) for row in log.execute(statement).fetchall()]
print(json.dumps(rows, default=lambda value: value.hex()))
`;
  const { status, stdout, stderr } = spawnSync('python3', ['-c', kRun, file, ...statements], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${statements.join('; ')}: ${stderr}`);
  return JSON.parse(stdout);
}

// Another process that has a read transaction open until end().
export class Reader {
  static async of(file) {
    const reader = new Reader();
    reader.child = spawn('python3', ['-c', `
import sqlite3, sys
log = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=20)
log.execute("BEGIN")
print(log.execute("SELECT count(*) FROM event").fetchone()[0], flush=True)
sys.stdin.read()
`, file], { stdio: ['pipe', 'pipe', 'inherit'] });
    reader.ended = once(reader.child, 'close');
    await within(once(reader.child.stdout, 'data'), 'read transaction');
    return reader;
  }
  async end() {
    this.child.stdin.end();
    await within(this.ended, 'end of the reader');
  }
}

export const pagesOf = (file) => statSync(file).size / kPage;

// Overwrites page `n`, from 0, with `bytes`.
export function overwritePage(file, n, bytes) {
  const fd = openSync(file, 'r+');
  writeSync(fd, bytes, 0, kPage, n * kPage);
  closeSync(fd);
}

export function readPage(file, n) {
  const fd = openSync(file, 'r');
  const page = Buffer.alloc(kPage);
  readSync(fd, page, 0, kPage, n * kPage);
  closeSync(fd);
  return page;
}
