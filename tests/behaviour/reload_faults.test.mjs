// Every way in which a new build can be bad, fed to a host that serves: the build before serves on,
// and the reason is shown.
import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { pluginDirectory, plugins, start } from './kit/host.mjs';
import { kOrders, place } from './kit/orders.mjs';
import { generations, mapped, put, reload, settled } from './kit/generations.mjs';
import { until } from './kit/wait.mjs';

const { COMPOSABLE_RELOAD_FIXTURES: fixtures, COMPOSABLE_BAD_PLUGINS: bad,
  COMPOSABLE_DEADLY_PLUGINS: deadly } = process.env;
assert.ok(fixtures && bad && deadly, 'COMPOSABLE_RELOAD_FIXTURES is not set; run these tests with ctest -L behaviour');
const kTally = '/api/v1/tally';

// A host that does not watch, so that each fault is tried once, with orders and the tally in its
// first build, whose total is 3.
let host, directory;
before(async () => {
  directory = pluginDirectory({
    'orders.so': path.join(plugins(), 'orders.so'), 'tally.so': path.join(fixtures, 'first.so') });
  host = await start({ pluginsDir: directory, args: ['--no-watch'] });
  assert.deepEqual((await host.post(kTally, { by: 3 })).json, { total: 3, marks: 0 });
});
after(() => host?.close());
const file = (domain) => path.join(directory, `${domain}.so`);

async function serves() {
  assert.deepEqual((await host.get(kTally)).json, { total: 3, marks: 0 });
  const id = await place(host);
  assert.equal((await host.get(`${kOrders}/${id}`)).status, 200);
}

// `source`, in the place of the tally, is refused for `reason`.
async function refused(source, reason) {
  const before = mapped(host);
  put(source, file('tally'));
  const answer = await reload(host, 'tally');
  assert.equal(answer.status, 409, answer.text);
  assert.equal(answer.json.state, 'refused');
  assert.ok(answer.json.reason.startsWith(`${file('tally')}: `), answer.json.reason);
  assert.match(answer.json.reason, reason);
  assert.deepEqual((await generations(host))[0], answer.json);
  assert.match(host.stderr, new RegExp(`error .* refused file=${file('tally')} trigger=request`));
  assert.deepEqual(mapped(host), before, 'something of it is mapped');
  await serves();
}

const faults = {
  'another ABI': [path.join(bad, 'wrong_abi.so'), /ABI|abi/],
  'no entry': [path.join(bad, 'no_symbol.so'), /it exports no composable_plugin_entry_v1; /],
  'no note': [path.join(bad, 'no_note.so'), /note/],
  'a function that is nowhere': [path.join(bad, 'unresolved_symbol.so'),
    /it cannot be mapped: .*undefined symbol: .*; link the library into it, or install it/],
  'an entry that fails': [path.join(bad, 'entry_fails.so'), /its entry returned no domain/],
  'a create that fails': [path.join(bad, 'create_fails.so'), /; see domains\.create_fails in the configuration/],
  'a create that throws': [path.join(bad, 'throws_in_create.so'), /create/],
  'a create that crashes': [path.join(deadly, 'crashes_in_create.so'),
    /its trial ended with signal SIG\w+ in create; fix the plugin/],
  'a create that ends the process': [path.join(deadly, 'exits_in_create.so'),
    /its trial ended with exit code \d+ in create; a plugin must not end the process/],
  'a static constructor that throws': [path.join(fixtures, 'constructor_throws.so'),
    /its trial ended with signal SIGABRT in a static constructor; fix the plugin.*thrown in a static constructor/],
  'a static constructor that crashes': [path.join(fixtures, 'constructor_crashes.so'),
    /its trial ended with signal SIGABRT in a static constructor; fix the plugin/],
  'a static constructor that hangs': [path.join(fixtures, 'constructor_hangs.so'),
    /its trial hung in a static constructor for 5 s; that must return at once/],
  'an entry that hangs': [path.join(deadly, 'hangs_in_entry.so'), /its trial hung in entry for 5 s/],
  'a destroy that crashes': [path.join(deadly, 'crashes_in_destroy.so'),
    /its trial ended with signal SIG\w+ in destroy or a static destructor/],
  'a decode that throws': [path.join(fixtures, 'throws_in_decode.so'), /evolve.*(no such field|exception)/],
  'an evolve that fails': [path.join(fixtures, 'throws.so'),
    /evolving Added of stream "tally" at position \d+ failed: no additions any more; every stored event must evolve/],
  'an evolve that crashes': [path.join(fixtures, 'crashes.so'),
    /its trial ended with signal SIGABRT while evolving Added of stream "tally" at position \d+; fix the plugin/],
  'an event type less': [path.join(fixtures, 'forgets.so'),
    /the domain does not know the event type Added, stored in stream "tally" at position \d+; declare it/],
  'another domain': [path.join(fixtures, 'other.so'),
    /it is the domain "other" now, and this file serves "tally"; give the new domain a file of its own/],
  'a thread_local with a destructor': [path.join(fixtures, 'thread_local.so'),
    /not reloaded: it could never be unmapped again, since it imports __cxa_thread_atexit/],
  'NODELETE': [path.join(fixtures, 'nodelete.so'),
    /not reloaded: it could never be unmapped again, since it is marked NODELETE/],
  'plain g++ -shared': [path.join(fixtures, 'plain.so'),
    /not reloaded: it could never be unmapped again, since it exports .* as unique/],
};

describe('the build before serves on when the new one has', () => {
  for (const [what, [source, reason]] of Object.entries(faults)) {
    test(what, () => refused(source, reason));
  }

  test('code for another processor', () => {
    const bytes = readFileSync(path.join(fixtures, 'second.so'));
    bytes.writeUInt16LE(183, 18);  // e_machine: AArch64
    const other = path.join(directory, '.aarch64');
    writeFileSync(other, bytes, { mode: 0o755 });
    return refused(other, /machine|processor|architecture|x86/i);
  });

  test('nothing wrong, after all of these', async () => {
    put(path.join(fixtures, 'second.so'), file('tally'));
    const answer = await reload(host, 'tally');
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.json.version, '2');
    await serves();
  });
});

// Writes `bytes` as the orders domain's file, and reloads: refused, or as good as the whole.
async function feed(bytes) {
  const unfinished = path.join(directory, '.orders.so.new');
  writeFileSync(unfinished, bytes, { mode: 0o755 });
  renameSync(unfinished, file('orders'));
  const answer = await reload(host, 'orders');
  if (answer.status === 409) {
    assert.ok(answer.json.reason.startsWith(`${file('orders')}: `), answer.text);
    assert.ok(answer.json.reason.length > file('orders').length + 20, answer.text);
  } else {
    assert.equal(answer.status, 200, answer.text);
  }
  return answer.status === 409;
}

const kPoints = 200;
test(`a file that is cut short at any of ${kPoints} places is refused`, async () => {
  const whole = readFileSync(path.join(plugins(), 'orders.so'));
  for (let n = 0; n < kPoints; ++n) {
    const length = Math.floor((whole.length * n) / kPoints);
    assert.ok(await feed(whole.subarray(0, length)), `${length} of ${whole.length} bytes were taken`);
    if (n % 20 === 0) await serves();
  }
  await serves();
});

test(`a file whose end is zero from any of ${kPoints} places on is refused, or does not need it`, async () => {
  const whole = readFileSync(path.join(plugins(), 'orders.so'));
  let taken = 0;
  for (let n = 0; n < kPoints; ++n) {
    const bytes = Buffer.from(whole);
    bytes.fill(0, Math.floor((whole.length * n) / kPoints));
    if (!await feed(bytes)) ++taken;
    if (n % 20 === 0) await serves();
  }
  assert.ok(taken <= 10, `${taken} were taken`);
  await serves();
});

test('the whole file is taken after that, written in place over the last', async () => {
  copyFileSync(path.join(fixtures, 'orders_O1.so'), file('orders'));
  const answer = await reload(host, 'orders');
  assert.equal(answer.status, 200, answer.text);
  await serves();
});

test('a thread that a build leaves running keeps it mapped, and is named', async () => {
  put(path.join(fixtures, 'thread.so'), file('tally'));
  assert.equal((await reload(host, 'tally')).status, 200);
  put(path.join(fixtures, 'first.so'), file('tally'));
  const answer = await reload(host, 'tally');
  assert.equal(answer.status, 200, answer.text);
  await settled(host);
  const held = (await generations(host)).find((one) => one.generation === answer.json.replaced
    && one.domain === 'tally');
  assert.equal(held.state, 'pinned');
  assert.match(held.reason, /^it may be held by the thread tally-counter \(\d+\), begun since it was loaded and not by the host; end what a plugin starts in its destroy$/);
  assert.match(host.stderr, /error tally pinned generation=\d+ reason="it may be held by the thread tally-counter/);
  assert.ok(mapped(host).includes(`tally.${held.generation}.${held.build.slice(0, 8)}.so`), mapped(host).join(' '));
  await serves();
  put(path.join(fixtures, 'second.so'), file('tally'));
  const next = await reload(host, 'tally');
  await settled(host);
  const before = (await generations(host)).find((one) => one.generation === next.json.replaced
    && one.domain === 'tally');
  assert.equal(before.state, 'unloaded', 'the thread holds what came after it as well');
});

test('a file that is deleted takes its domain with it, and nothing else', async () => {
  unlinkSync(file('tally'));
  host.child.kill('SIGHUP');
  await until(async () => (await host.get(kTally)).status === 404, 'the tally is gone');
  await place(host);
  put(path.join(fixtures, 'first.so'), file('tally'));
  host.child.kill('SIGHUP');
  await until(async () => (await host.get(kTally)).status === 200, 'the tally is back');
  await serves();
});

test('the host ends well after all of it', () => host.stop());
