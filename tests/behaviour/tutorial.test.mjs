// docs/tutorial.md, walked: the package is installed, then the page's commands run in one shell, in
// order, in an empty directory. A block marked `serve` runs in the background until the next one.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

import { fault, shell } from './kit/page.mjs';

const kPage = readFileSync(new URL('../../docs/tutorial.md', import.meta.url), 'utf8');
const kBlock = /<!-- (run|serve) -->\n```sh\n([^]*?)```\n(?:```(json|text)\n([^]*?)```\n)?/g;
const kWork = process.env.COMPOSABLE_WORK;

const kStop = 'if [ -n "$host" ]; then kill $host; wait $host; echo "the host ended with $?"; fi';

// The block in the background; the port that it took is in $port when it is ready.
const serve = (command) => `${kStop}
${command.trim()} 2>"$log" &
host=$!
port=
until [ -n "$port" ] && curl -sf http://127.0.0.1:$port/health/ready >/dev/null; do
  kill -0 $host || { cat "$log"; exit 1; }
  sleep 0.1
  port=$(sed -n 's/.*host listening address=127\\.0\\.0\\.1:\\([0-9]*\\).*/\\1/p' "$log")
done`;

function install() {
  rmSync(kWork, { recursive: true, force: true });
  mkdirSync(path.join(kWork, 'empty'), { recursive: true });
  const prefix = path.join(kWork, 'prefix');
  for (const component of ['sdk', 'host']) {
    execFileSync('cmake', ['--install', process.env.COMPOSABLE_BUILD, '--component', component,
                           '--prefix', prefix], { stdio: 'ignore' });
  }
  return path.join(prefix, 'bin');
}

test('the tutorial\'s commands print what it shows', async () => {
  const bin = install();
  const blocks = [...kPage.matchAll(kBlock)].map(([, marker, commands, language, shown]) =>
    ({ marker, commands, language, shown }));
  assert.equal(blocks.length, kPage.split(/<!-- (?:run|serve) -->/).length - 1,
    'a marker stands above something that is no block to run');
  const scripts = blocks.map(({ marker, commands }) =>
    (marker === 'serve' ? serve(commands) : commands.replaceAll('127.0.0.1:3000', '127.0.0.1:$port')));
  const env = { ...process.env, PATH: `${bin}:${process.env.PATH}`, HOST: '127.0.0.1', PORT: '0',
                log: path.join(kWork, 'host.log') };
  const answers = await shell([...scripts, kStop],
    { cwd: path.join(kWork, 'empty'), env, patience: 500_000 });
  for (const [n, { marker, commands, language, shown }] of blocks.entries()) {
    const served = marker === 'serve' && blocks.slice(0, n).some((before) => before.marker === 'serve');
    const expected = shown ?? (served ? 'the host ended with 0' : '');
    const wrong = fault(answers[n] ?? [], expected, language);
    assert.equal(wrong, null, `${wrong}:\n${commands}printed\n${(answers[n] ?? []).join('\n')}\n`
      + `and the tutorial shows\n${expected}`);
  }
  assert.deepEqual(answers.at(-1), ['the host ended with 0']);
});
