// Flags, environment and file: which one wins, how mistakes are reported, and that no secret is shown.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

import { plugins, run, scratch, start } from './kit/host.mjs';

const file = (text) => {
  const name = path.join(scratch(), 'composable.json');
  writeFileSync(name, text);
  return name;
};
const config = (args, env) => run(['config', ...args], { env });
const serve = (args, env) => run(['run', '--plugins', plugins(), '--data-dir', scratch(), '--listen', '127.0.0.1:0', ...args], { env });

test('version names the host and the ABI', async () => {
  const { code, stdout } = await run(['version']);
  assert.equal(code, 0);
  assert.match(stdout, /composable 0\.1\.0/);
  assert.match(stdout, /abi 1\.0/i);
});

test('a flag beats the environment, which beats the file, which beats the default', async () => {
  const given = file('{ // comments are fine\n  "listen": {"port": 1111}, "log": {"format": "json"},\n}');
  const line = async (key, args, env) => {
    const { code, stdout, stderr } = await config(args, env);
    assert.equal(code, 0, stderr);
    const found = stdout.split('\n').find((one) => one.trimStart().startsWith(key));
    assert.ok(found, `no ${key} in:\n${stdout}`);
    return found;
  };
  assert.match(await line('listen.port', [], {}), /\b3000\b.*default/);
  assert.match(await line('listen.port', ['--config', given], {}), /\b1111\b.*composable\.json:2/);
  assert.match(await line('listen.port', ['--config', given], { PORT: '2222' }), /\b2222\b.*PORT/);
  assert.match(await line('listen.port', ['--config', given, '--listen', '127.0.0.1:3333'], { PORT: '2222' }), /\b3333\b.*--listen/);
  assert.match(await line('log.format', ['--config', given], {}), /json.*composable\.json/);
});

for (const [what, text, says] of [
  ['an unknown key', '{\n "listn": {}\n}', /listn.*"?listen/],
  ['an unknown key inside', '{"listen": {"prot": 1}}', /prot.*port/],
  ['a wrong type', '{\n\n"listen": {"port": "many"}}', /listen\.port.*line 3|:3.*listen\.port|listen\.port/],
  ['a port out of range', '{"listen": {"port": 80800}}', /listen\.port.*80800/],
  ['no JSON', '{"listen": ', /composable\.json/],
  ['a key twice', '{"log": {}, "log": {}}', /log/],
]) {
  test(`a file with ${what} is refused and the place is named`, async () => {
    const name = file(text);
    for (const verb of [['config'], ['run', '--plugins', plugins(), '--data-dir', scratch()]]) {
      const { code, signal, stderr, stdout } = await run([...verb, '--config', name]);
      assert.equal(signal, null, stderr);
      assert.ok(code === 1 || code === 2, `exit ${code}: ${stderr}`);
      assert.match(stderr + stdout, says);
    }
  });
}

test('a file that is not there is named', async () => {
  const { code, stderr } = await config(['--config', path.join(scratch(), 'none.json')]);
  assert.notEqual(code, 0);
  assert.match(stderr, /none\.json/);
});

for (const [what, args, env, says] of [
  ['an address without a port', ['--listen', 'here'], {}, /here/],
  ['a port that is none', [], { PORT: 'x' }, /PORT/],
  ['a log level that is none', ['--log-level', 'loud'], {}, /loud/],
  ['a log format that is none', ['--log-format', 'xml'], {}, /xml.*text|text.*json/],
  ['a database of another kind', [], { DATABASE_URL: 'mongodb://x' }, /database_url|DATABASE_URL/],
]) {
  test(`${what} is named`, async () => {
    const { code, signal, stderr, stdout } = await config(args, env);
    assert.equal(signal, null, stderr);
    assert.ok(code === 1 || code === 2, `exit ${code}: ${stdout}${stderr}`);
    assert.match(stderr + stdout, says);
  });
}

test('a verb or a flag that is none is 2', async () => {
  for (const args of [['serve'], ['run', '--bogus'], ['check', '--listen']]) {
    const { code, stderr, stdout } = await run(args);
    assert.equal(code, 2, `composable ${args.join(' ')}: ${stdout}${stderr}`);
    assert.notEqual(stderr + stdout, '');
  }
});

test('a PostgreSQL database is refused at start, and its password is nowhere', async () => {
  for (const url of ['postgresql://me:s3cr3t-pw@db.example/app', 'postgres://me:s3cr3t-pw@db.example/app']) {
    const started = await serve([], { DATABASE_URL: url });
    assert.notEqual(started.code, 0);
    assert.equal(started.signal, null, started.stderr);
    assert.match(started.stderr, /postgresql is not supported/);
    const shown = await config([], { DATABASE_URL: url });
    for (const { stdout, stderr } of [started, shown]) {
      assert.ok(!(stdout + stderr).includes('s3cr3t'), `the password is shown:\n${stdout}${stderr}`);
    }
  }
});

test('secrets are masked', async () => {
  const given = file('{"domains": {"orders": {"smtp": {"user": "me", "password": "s3cr3t-pw"}}}}');
  const { stdout, stderr } = await config(['--config', given]);
  assert.ok(!(stdout + stderr).includes('s3cr3t'), stdout + stderr);
  assert.match(stdout, /domains\.orders +\{"smtp":\{"user":"me","password":"\*\*\*"\}\}/);
});

test('an unknown COMPOSABLE_ variable is a warning', async (t) => {
  const host = await start({ env: { COMPOSABLE_DATADIR: 'x' } });
  t.after(() => host.close());
  assert.match(host.stderr, /COMPOSABLE_DATADIR/);
  await host.stop();
});

test('memory: keeps nothing', async (t) => {
  const data = scratch();
  let host = await start({ data, env: { DATABASE_URL: 'memory:' } });
  t.after(() => host.close());
  const body = { customer_id: 'c', items: [{ product_id: 'p', name: 'n', quantity: 1, unit_price_cents: 1 }] };
  const { headers } = await host.post('/api/v1/orders', body);
  assert.equal((await host.get(headers.location)).status, 200);
  await host.stop();
  host = await start({ data, env: { DATABASE_URL: 'memory:' } });
  assert.equal((await host.get(headers.location)).status, 404);
  await host.stop();
});

test('a log in JSON is JSON on every line', async (t) => {
  const host = await start({ args: ['--log-format', 'json'] });
  t.after(() => host.close());
  await host.get('/nope');
  await host.stop();
  const lines = host.stderr.trim().split('\n').map((line) => JSON.parse(line));
  for (const line of lines) {
    for (const key of ['time', 'level', 'domain', 'event']) assert.equal(typeof line[key], 'string', JSON.stringify(line));
  }
});
