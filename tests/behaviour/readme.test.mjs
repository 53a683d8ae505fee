// The README's commands, run as a reader would paste them, in one shell and in order; the answers
// must be the ones it shows. In an answer `…` stands for anything.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { start } from './kit/host.mjs';
import { fault, shell } from './kit/page.mjs';

const kReadme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const kBlock = /<!-- run -->\n```sh\n([^]*?)```\n```json\n([^]*?)```/g;

test('the README\'s lines give the answers it shows', async (t) => {
  const host = await start();
  t.after(() => host.close());
  const blocks = [...kReadme.matchAll(kBlock)].map(([, commands, shown]) => ({ commands, shown }));
  assert.ok(blocks.length >= 5, `only ${blocks.length} blocks to run`);
  assert.equal(blocks.length, kReadme.split('<!-- run -->').length - 1, 'a block to run has no answer');
  const answers = await shell(blocks.map(({ commands }) =>
    commands.replaceAll('127.0.0.1:3000', `127.0.0.1:${host.port}`)),
  { cwd: fileURLToPath(new URL('.', import.meta.url)) });
  for (const [n, { commands, shown }] of blocks.entries()) {
    const wrong = fault(answers[n], shown, 'json');
    assert.equal(wrong, null,
      `${wrong}:\n${commands}printed\n${answers[n].join('\n')}\nand the README shows\n${shown}`);
  }
  await host.stop();
});
