// docs/tutorial.md, walked: the package is installed, then the page's commands run in one shell, in
// order, in an empty directory. A block marked `serve` or `dev` runs in the background until the next
// such one; below `until WORD` stands what it prints up to the line with that word.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

import { fault, shell } from './kit/page.mjs';

const kPage = readFileSync(new URL('../../docs/tutorial.md', import.meta.url), 'utf8');
const kBlock = new RegExp('<!-- (run|serve|dev) -->\\n```sh\\n([^]*?)```\\n(?:```(json|text)\\n([^]*?)```\\n)?'
  + '|<!-- until (\\w+) -->\\n```text\\n([^]*?)```\\n', 'g');
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

// The same for `composable dev`, which tells where it serves on its standard output.
const dev = (command) => `${kStop}
shown=0
${command.trim()} >"$log" 2>"$log.errors" &
host=$!
port=
until [ -n "$port" ]; do
  kill -0 $host || { cat "$log" "$log.errors"; exit 1; }
  sleep 0.1
  port=$(sed -n 's/.*serves .*127\\.0\\.0\\.1:\\([0-9]*\\).*/\\1/p' "$log")
done`;

// What it prints next, up to the line with that word.
const until = (word) => `until tail -n +$((shown + 1)) "$log" | grep -q ' ${word} '; do
  kill -0 $host || { cat "$log" "$log.errors"; exit 1; }
  sleep 0.1
done
last=$((shown + $(tail -n +$((shown + 1)) "$log" | grep -n ' ${word} ' | head -1 | cut -d: -f1)))
sed -n "$((shown + 1)),\${last}p" "$log"
shown=$last`;

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
  const blocks = [...kPage.matchAll(kBlock)].map(([, marker, commands, language, shown, word, lines]) =>
    (word ? { marker: 'until', commands: word, language: 'text', shown: lines }
      : { marker, commands, language, shown }));
  assert.equal(blocks.length, kPage.split(/<!-- (?:run|serve|dev|until \w+) -->/).length - 1,
    'a marker stands above something that is no block to run');
  const kind = { serve, dev, until,
                 run: (commands) => commands.replaceAll('127.0.0.1:3000', '127.0.0.1:$port') };
  const scripts = blocks.map(({ marker, commands }) => kind[marker](commands));
  const env = { ...process.env, PATH: `${bin}:${process.env.PATH}`, HOST: '127.0.0.1', PORT: '0',
                log: path.join(kWork, 'host.log') };
  const answers = await shell([...scripts, kStop],
    { cwd: path.join(kWork, 'empty'), env, patience: 500_000 });
  for (const [n, { commands, language, shown }] of blocks.entries()) {
    const starts = (block) => block.marker === 'serve' || block.marker === 'dev';
    const served = starts(blocks[n]) && blocks.slice(0, n).some(starts);
    const expected = shown ?? (served ? 'the host ended with 0' : '');
    const wrong = fault(answers[n] ?? [], expected, language);
    assert.equal(wrong, null, `${wrong}:\n${commands}printed\n${(answers[n] ?? []).join('\n')}\n`
      + `and the tutorial shows\n${expected}`);
  }
  assert.deepEqual(answers.at(-1), ['the host ended with 0']);
});
