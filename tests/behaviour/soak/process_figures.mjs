// What a process holds, and whether it grows.
import { readFileSync, readdirSync } from 'node:fs';

// Sizes are in KB. `memory` leaves out what is shared, where the host keeps the logs that sockets
// read from: rings of a fixed size, which fill. `copies` are the mapped files below `directory`.
export function figuresOf(pid, directory) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const field = (name) => Number(new RegExp(`^${name}:\\s*(\\d+)`, 'm').exec(status)[1]);
  const maps = readFileSync(`/proc/${pid}/maps`, 'utf8').trimEnd().split('\n');
  const files = maps.map((line) => line.slice(line.indexOf('/')))
    .filter((file) => file.startsWith(directory));
  return { memory: field('RssAnon') + field('RssFile'), shared: field('RssShmem'),
           threads: field('Threads'), maps: maps.length, copies: [...new Set(files)],
           descriptors: readdirSync(`/proc/${pid}/fd`).length };
}

export const median = (values) => percentile(values, 0.5);
export function percentile(values, share) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

// By how much a value grows from one sample to the next: the line of least squares.
export function slope(values) {
  const mean = (all) => all.reduce((sum, each) => sum + each, 0) / all.length;
  const middle = (values.length - 1) / 2;
  const level = mean(values);
  const spread = mean(values.map((_, n) => (n - middle) ** 2));
  return spread === 0 ? 0 : mean(values.map((value, n) => (n - middle) * (value - level))) / spread;
}

// By how much it is more towards the end than towards the beginning.
export function growth(values) {
  const quarter = Math.max(1, Math.floor(values.length / 4));
  return median(values.slice(-quarter)) - median(values.slice(0, quarter));
}
