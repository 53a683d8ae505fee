// A log that cannot be written for a moment: another process holds the write lock of its database.
// A few hundred milliseconds are like a slow disk to the host; it waits.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

import { within } from './wait.mjs';

const kHold = `
import sqlite3, sys
log = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=20)
log.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
log.execute("ROLLBACK")
`;

export class BlockedLog {
  // When this resolves, nothing is stored until free().
  static async of(host) {
    const blocked = new BlockedLog();
    blocked.child = spawn('python3', ['-c', kHold, path.join(host.data, 'events.db')],
      { stdio: ['pipe', 'pipe', 'inherit'] });
    blocked.ended = once(blocked.child, 'close');
    await within(once(blocked.child.stdout, 'data'), 'lock of the log');
    return blocked;
  }
  async free() {
    this.child.stdin.end();
    await within(this.ended, 'end of the lock');
  }
}
