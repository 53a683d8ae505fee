// What a soak has found: its figures, and what of it did not hold.
import { growth, median, percentile, slope } from './process_figures.mjs';

// In KB for each reload. The host remembers 256 reloads, and it takes it about as many more until
// memory moves with what is lost alone; before that, less than a copy that stays mapped.
const kSettled = 1000;
const kSettledSlope = 1;
const kUnsettledSlope = 64;
const kMapsMayMove = 4;  // the allocator's

const time = (us) => (us < 1000 ? `${us} us` : `${(us / 1000).toFixed(1)} ms`);
const kSteps = ['canary', 'load', 'evolve', 'pause', 'publish', 'drain', 'unload'];

// {failures, rows, figures}
export function judge({ options, stopped, seconds, events, samples, traffic, audience, reloads }) {
  const failures = stopped === undefined ? [] : [stopped];
  const holds = (what, number) => { if (number !== 0) failures.push(`${what}: ${number}, expected 0`); };
  holds('failed requests', traffic.failed);
  failures.push(...traffic.failures);
  holds('lost events', audience.lost);
  holds('repeated events', audience.repeated);
  holds('events out of order', audience.disordered);
  holds('closed sockets', audience.closed.length);

  const records = [...reloads.records.values()];
  const states = Object.groupBy ? Object.groupBy(records, (r) => r.state) : grouped(records);
  const count = (state) => states[state]?.length ?? 0;
  if (stopped === undefined) {
    holds('generations that are neither live nor unloaded', records.length - count('live') - count('unloaded'));
    holds('generations of which the host knows nothing', options.cycles - records.length);
    holds('generations that are live beside the last', count('live') - 1);
  }
  const figures = { seconds, cycles: { by_change: reloads.byChange, by_request: reloads.byRequest },
    requests: { sent: traffic.sent, failed: traffic.failed },
    events: { heard_by_each_socket: events, lost: audience.lost, repeated: audience.repeated,
              out_of_order: audience.disordered },
    sockets: { open: options.sockets, closed: audience.closed },
    generations: Object.fromEntries(Object.entries(states).map(([state, all]) => [state, all.length])),
    process: samples.length === 0 ? undefined : judgeProcess(options, samples, failures),
    steps_us: Object.fromEntries(kSteps.map((step) => [step, spread(records.map((r) => r.steps[`${step}_us`] ?? 0))])),
    request_to_live_us: spread(records.filter((r) => r.trigger === 'request').map((r) => r.live_us)),
    file_to_live_us: spread(reloads.fileToLive) };
  return { failures, figures };
}

function grouped(records) {
  const groups = {};
  for (const record of records) (groups[record.state] ??= []).push(record);
  return groups;
}

function spread(values) {
  if (values.length === 0) return undefined;
  return { p50: median(values), p99: percentile(values, 0.99), max: Math.max(...values) };
}

function judgeProcess({ cycles, sanitized }, samples, failures) {
  const all = (name) => samples.map((sample) => sample[name]);
  const [memory, threads, descriptors, maps] = ['memory', 'threads', 'descriptors', 'maps'].map(all);
  const found = { memory_kb_per_cycle: slope(memory), memory_kb: memory.at(-1),
    shared_kb: samples.at(-1).shared, threads: threads.at(-1), threads_growth: growth(threads),
    descriptors: descriptors.at(-1), descriptors_growth: growth(descriptors), maps: maps.at(-1),
    maps_growth: growth(maps) };
  const most = cycles >= kSettled ? kSettledSlope : kUnsettledSlope;
  const flat = (what, by, may = 0) => { if (by > may) failures.push(`${what}: ${by} more at the end of the second half than at its beginning`); };
  flat('threads', found.threads_growth);
  flat('file descriptors', found.descriptors_growth);
  if (sanitized) return found;
  flat('maps', found.maps_growth, kMapsMayMove);
  if (found.memory_kb_per_cycle >= most) {
    failures.push(`memory: ${found.memory_kb_per_cycle.toFixed(2)} KB more with each reload, expected less than ${most}`);
  }
  return found;
}

function rows({ seconds, cycles, requests, events, sockets, generations, process, ...times }) {
  const each = (us) => (us ? `${['p50', 'p99', 'max'].map((which) => `${which} ${time(Math.round(us[which]))}`.padEnd(15)).join('').trimEnd()}` : '-');
  const by = (number) => (number > 0 ? `+${number}` : `${number}`);
  return [
    ['reloads', `${cycles.by_change} by change, ${cycles.by_request} by request, in ${seconds.toFixed(0)} s`],
    ['requests', `${requests.sent} sent, ${requests.failed} failed`],
    ['events', `${events.heard_by_each_socket} to each socket, ${events.lost} lost, ${events.repeated} repeated, ${events.out_of_order} out of order`],
    ['sockets', `${sockets.open} open, ${sockets.closed.length} closed`],
    ['generations', Object.entries(generations).map(([state, n]) => `${n} ${state}`).join(', ')],
    ...(process ? [
      ['memory', `${process.memory_kb_per_cycle.toFixed(2)} KB per reload, ${process.memory_kb} KB at the end, ${process.shared_kb} KB shared`],
      ...['threads', 'descriptors', 'maps'].map((name) => [name, `${process[name]}, ${by(process[`${name}_growth`])} over the second half`]),
    ] : []),
    ['file to live', each(times.file_to_live_us)],
    ['request to live', each(times.request_to_live_us)],
    ...kSteps.map((step) => [`  ${step}`, each(times.steps_us[step])]),
  ];
}

export function print({ failures, figures }, asJson) {
  const out = asJson ? [JSON.stringify({ ...figures, failures })]
    : rows(figures).map(([name, text]) => `${name.padEnd(16)} ${text}`);
  process.stdout.write(`${out.join('\n')}\n`);
  for (const failure of failures) process.stderr.write(`FAILED: ${failure}\n`);
}
