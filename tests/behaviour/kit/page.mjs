// Pages that are executed: their commands run in one shell, in order, and the answers they show
// compared with what was printed. In an answer `…` stands for anything.
import { spawn } from 'node:child_process';
import { once } from 'node:events';

import { within } from './wait.mjs';

const kEnd = '=== end of block';

// What a shell has started goes with it.
function endGroup(leader) {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

// Runs the blocks in one shell, with a standard input that stays open as a terminal's does, and
// answers the lines that each block printed.
export async function shell(blocks, { cwd, env = process.env, patience = 60_000 }) {
  const child = spawn('bash', ['-c', blocks.map((block) => `${block}\necho; echo '${kEnd}'`).join('\n')],
    { cwd, env, stdio: ['pipe', 'pipe', 'inherit'], detached: true });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (more) => { text += more; });
  try {
    await within(once(child, 'close'), 'end of the commands', () => `; they printed:\n${text}`,
      patience);
  } finally {
    endGroup(child.pid);
  }
  return text.split(`${kEnd}\n`).slice(0, blocks.length)
    .map((answer) => answer.split('\n').filter((line) => line.trim() !== ''));
}

function pattern(shown) {
  return shown.split('…').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('[^]*');
}

// Whether `found` is `shown`, the order of keys aside; returns the place where it is not.
export function difference(found, shown, at = '') {
  if (typeof shown === 'string' && typeof found === 'string') {
    return new RegExp(`^${pattern(shown)}$`).test(found) ? null : at;
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

// What is wrong with the lines that a block printed, or null. `language` is that of the answer.
export function fault(printed, shown, language) {
  if (language !== 'json') {
    const expected = shown.split('\n').filter((line) => line.trim() !== '').join('\n');
    return difference(printed.join('\n'), expected) === null ? null : 'it differs';
  }
  const expected = shown.trim().split('\n');
  if (printed.length !== expected.length) return `it has ${expected.length} lines`;
  for (const [n, line] of expected.entries()) {
    const place = difference(JSON.parse(printed[n]), JSON.parse(line));
    if (place !== null) return `line ${n + 1}${place} differs`;
  }
  return null;
}
