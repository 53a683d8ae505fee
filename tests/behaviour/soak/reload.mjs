// Reloads orders again and again while clients use it, and checks that they see nothing of it and
// that nothing is left behind. See `--help`.
import path from 'node:path';
import { parseArgs } from 'node:util';

import { pluginDirectory, plugins, start } from '../kit/host.mjs';
import { Audience } from './audience.mjs';
import { PluginFile } from './plugin_file.mjs';
import { figuresOf } from './process_figures.mjs';
import { Reloads } from './reloads.mjs';
import { judge, print } from './report.mjs';
import { Traffic } from './traffic.mjs';

const kHelp = `usage: tools/soak reload [options]

  --cycles N         reloads, half of them by a change of the file, half by request; 1000
  --orders N         orders that are there before; 1000
  --sockets N        WebSockets that hear everything; 100
  --seconds-limit N  gives up after that time; 1800
  --plugins DIR      where orders.so and counter.so are
  --binary FILE      the host
  --sanitized        memory and maps are not judged: a sanitizer keeps what was freed
  --json             all figures as one JSON object

In the first half of the cycles orders are placed. In the second half nothing is stored, so that
what memory grows by then is due to the reloads. Exit 1: something did not hold; it is printed.
`;

const kOptions = {
  cycles: { type: 'string', default: '1000' }, orders: { type: 'string', default: '1000' },
  sockets: { type: 'string', default: '100' }, 'seconds-limit': { type: 'string', default: '1800' },
  plugins: { type: 'string' }, binary: { type: 'string' },
  sanitized: { type: 'boolean', default: false }, json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
};

function wrong(text) {
  process.stderr.write(`soak: ${text}\n${kHelp}`);
  process.exit(2);
}

function readOptions() {
  let values;
  try {
    ({ values } = parseArgs({ options: kOptions }));
  } catch (error) {
    wrong(error.message);
  }
  if (values.help) {
    process.stdout.write(kHelp);
    process.exit(0);
  }
  for (const name of ['cycles', 'orders', 'sockets', 'seconds-limit']) {
    const text = values[name];
    values[name] = Number(text);
    if (!/^\d{1,6}$/.test(text) || values[name] < 1) {
      wrong(`--${name}: expected a number from 1 to 999999, found "${text}"`);
    }
  }
  if (values.binary) process.env.COMPOSABLE_BINARY = path.resolve(values.binary);
  if (values.plugins) process.env.COMPOSABLE_PLUGINS = path.resolve(values.plugins);
  return values;
}

// The host and its clients, from the first order to the last answer. Answers what report.mjs
// judges.
class Soak {
  #samples = [];

  constructor(options, host, file) {
    this.options = options;
    this.host = host;
    this.traffic = new Traffic(host);
    this.reloads = new Reloads(host, file);
  }

  async run() {
    const { cycles, orders, sockets } = this.options;
    const began = performance.now();
    await this.traffic.seed(orders);
    this.audience = await Audience.open(this.host, sockets);
    for (const { id } of this.traffic.orders) this.traffic.expected.orders.delete(`OrderPlaced ${id}`);
    this.traffic.start();
    const stopped = await this.#cycles(cycles).then(() => undefined, (error) => error.message);
    await this.traffic.stop();
    const events = await this.audience.finish(this.traffic.expected);
    await this.traffic.checkWhatIsThere();
    await this.reloads.collect().catch(() => {});
    this.audience.close();
    return { options: this.options, stopped, events, samples: this.#samples, traffic: this.traffic,
             audience: this.audience, reloads: this.reloads,
             seconds: (performance.now() - began) / 1000 };
  }

  async #cycles(cycles) {
    const until = performance.now() + this.options['seconds-limit'] * 1000;
    const half = Math.floor(cycles / 2);
    const run = path.join(this.host.data, 'run');
    for (let n = 0; n < cycles; ++n) {
      if (performance.now() > until) {
        throw new Error(`${n} of ${cycles} cycles in ${this.options['seconds-limit']} s, the limit`);
      }
      if (n === half) await this.traffic.storeNothingMore();
      await this.reloads.next();
      const figures = figuresOf(this.host.pid, run);
      this.#checkCopies(n, figures.copies);
      if (n >= half) this.#samples.push(figures);
    }
  }

  // One of orders and one of counter, whatever has served before.
  #checkCopies(cycle, copies) {
    const kinds = copies.map((file) => path.basename(file).split('.')[0]).sort().join(' ');
    if (kinds !== 'counter orders') {
      throw new Error(`after cycle ${cycle + 1} these copies are mapped: ${copies.join(' ')}`);
    }
  }
}

async function main() {
  const options = readOptions();
  for (const [signal, code] of [['SIGINT', 130], ['SIGTERM', 143]]) {
    process.on(signal, () => process.exit(code));  // which ends the host
  }
  const files = ['orders.so', 'counter.so'].map((name) => [name, path.join(plugins(), name)]);
  const pluginsDir = pluginDirectory(Object.fromEntries(files));
  const host = await start({ pluginsDir, args: ['--log-format', 'json'] });
  const soak = new Soak(options, host, new PluginFile(path.join(pluginsDir, 'orders.so')));
  const report = judge(await soak.run());
  await host.stop().catch((error) => report.failures.push(error.message));
  print(report, options.json);
  process.exit(report.failures.length === 0 ? 0 : 1);
}

await main();
