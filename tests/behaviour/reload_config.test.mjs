// A reload that is asked for reads the domain's section of the configuration again.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

import { pluginDirectory, run, scratch, start } from './kit/host.mjs';
import { until } from './kit/wait.mjs';

const words = async (host) => (await host.post('/api/v1/greeter', {})).json.words;

async function greeting(t, text) {
  const file = path.join(scratch(), 'composable.json');
  writeFileSync(file, text);
  const pluginsDir = pluginDirectory({ 'greeter.so': process.env.COMPOSABLE_GREETER });
  const host = await start({ pluginsDir, args: ['--config', file] });
  t.after(() => host.close());
  return { host, file, reload: () => run(['reload', 'greeter', '--data-dir', host.data]) };
}

test('reload and SIGHUP give a domain its new section; a mistake keeps the old one', async (t) => {
  const { host, file, reload } = await greeting(t, '{"domains": {"greeter": {"words": "one"}}}');
  assert.equal(await words(host), 'one');

  writeFileSync(file, '{"domains": {"greeter": {"words": "two"}}, "threads": 7}');
  const done = await reload();
  assert.equal(done.code, 0, done.stderr);
  assert.equal(await words(host), 'two');
  assert.match(host.stderr, /warn config needs_restart key=threads/);

  writeFileSync(file, '{"domains": {"greeter": {"words": "three"}},\n"thraeds": 7}');
  const refused = await reload();
  assert.equal(refused.code, 1);
  assert.equal(refused.stderr, 'refused  config.thraeds: unknown key; did you mean threads? (line 2); '
    + 'nothing is reloaded, and what serves keeps its configuration\n');
  host.child.kill('SIGHUP');
  await until(() => /error config refused trigger=signal .*thraeds/.test(host.stderr), 'it is logged');
  assert.equal(await words(host), 'two');

  // The plugin's own refusal names its place too.
  writeFileSync(file, '{"domains": {"greeter": {"wrods": "three"}}}');
  const wrong = await reload();
  assert.equal(wrong.code, 1);
  assert.match(wrong.stderr, /wrods.*did you mean.*words.*see domains\.greeter in the configuration/);
  assert.equal(await words(host), 'two');

  writeFileSync(file, '{"domains": {"greeter": {"words": "four"}, "greter": {}}}');
  host.child.kill('SIGHUP');
  await until(async () => await words(host) === 'four', 'SIGHUP has reloaded it');
  await until(() => /config warned text=.*domains\.greter: .*did you mean greeter\?/.test(host.stderr),
    'the section of no domain is told');
  await host.stop();
});

test('a section of no domain is told at start and by check', async (t) => {
  const { host, file } = await greeting(t, '{"domains": {"greeter": {},\n"greter": {}}}');
  assert.match(host.stderr, /warn config warned text=.*domains\.greter: .*did you mean greeter\?.*composable\.json:2/);
  const pluginsDir = pluginDirectory({ 'greeter.so': process.env.COMPOSABLE_GREETER });
  const checked = await run(['check', '--plugins', pluginsDir, '--config', file, '--data-dir', scratch()]);
  assert.equal(checked.code, 0);
  assert.match(checked.stdout, /^warning +domains\.greter: .*did you mean greeter\? \(file .*composable\.json:2\)$/m);
  await host.stop();
});
