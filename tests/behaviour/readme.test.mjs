// The README's commands, run as a reader would paste them, in one shell and in order; the answers
// must be the ones it shows. In an answer `…` stands for anything.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { start } from './kit/host.mjs';
import { within } from './kit/wait.mjs';

const kReadme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const kBlock = /<!-- run -->\n```sh\n([^]*?)```\n```json\n([^]*?)```/g;
const kEnd = '=== end of block';

// Runs the commands in one shell, with a standard input that stays open as a terminal's does, and
// answers what each block printed.
async function shell(blocks) {
  const child = spawn('bash', ['-c', blocks.map((block) => `${block}\necho; echo '${kEnd}'`).join('\n')],
    { cwd: fileURLToPath(new URL('.', import.meta.url)), stdio: ['pipe', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (more) => { text += more; });
  try {
    await within(once(child, 'close'), 'end of the commands', () => `; they printed:\n${text}`, 60_000);
  } finally {
    child.kill('SIGKILL');
  }
  return text.split(`${kEnd}\n`).slice(0, blocks.length)
    .map((answer) => answer.split('\n').filter((line) => line.trim() !== ''));
}

// Whether `found` is `shown`, the order of keys aside; returns the place where it is not.
function difference(found, shown, at = '') {
  if (typeof shown === 'string' && typeof found === 'string') {
    const parts = shown.split('…').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
    return new RegExp(`^${parts.join('[^]*')}$`).test(found) ? null : at;
  }
  if (shown === null || typeof shown !== 'object' || found === null || typeof found !== 'object') {
    return found === shown ? null : at;
  }
  for (const key of new Set([...Object.keys(shown), ...Object.keys(found)])) {
    if (!(key in shown) || !(key in found)) return `${at}.${key}`;
    const place = difference(found[key], shown[key], `${at}.${key}`);
    if (place !== null) return place;
  }
  return null;
}

test('the README\'s lines give the answers it shows', async (t) => {
  const host = await start();
  t.after(() => host.close());
  const blocks = [...kReadme.matchAll(kBlock)].map(([, commands, shown]) => ({ commands, shown }));
  assert.ok(blocks.length >= 5, `only ${blocks.length} blocks to run`);
  assert.equal(blocks.length, kReadme.split('<!-- run -->').length - 1, 'a block to run has no answer');
  const answers = await shell(blocks.map(({ commands }) =>
    commands.replaceAll('127.0.0.1:3000', `127.0.0.1:${host.port}`)));
  for (const [n, { commands, shown }] of blocks.entries()) {
    const expected = shown.trim().split('\n');
    const said = `${commands}printed\n${answers[n].join('\n')}\nand the README shows\n${shown}`;
    assert.equal(answers[n].length, expected.length, said);
    for (const [m, line] of expected.entries()) {
      const place = difference(JSON.parse(answers[n][m]), JSON.parse(line));
      assert.equal(place, null, `line ${m + 1}${place} differs:\n${said}`);
    }
  }
  await host.stop();
});
