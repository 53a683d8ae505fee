// Has the host reload orders, by a change of its file and by request in turn, and keeps what the
// host tells about each.
import http from 'node:http';
import path from 'node:path';
import { createInterface } from 'node:readline';

import { kPatience, within } from '../kit/wait.mjs';

const kCollectEvery = 100;  // reloads; the host remembers 256

export class Reloads {
  records = new Map();  // from the host, by attempt
  byChange = 0;
  byRequest = 0;
  fileToLive = [];  // us from the rename until the new generation served, settling included

  #host;
  #file;
  #renamed = new Map();  // by build, Unix microseconds; those that are told by a change
  #agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  #seen = [];  // what the log said of orders and nobody has asked for yet
  #wake = () => {};

  constructor(host, file) {
    this.#host = host;
    this.#file = file;
    createInterface(host.child.stderr).on('line', (line) => this.#read(line));
    host.exited.then(() => this.#wake());
  }

  // One reload, until the generation before it is unloaded.
  async next() {
    const number = this.byChange + this.byRequest + 1;
    const byChange = number % 2 === 1;
    const { build, at } = this.#file.replace(number);
    if (byChange) {
      this.byChange += 1;
      this.#renamed.set(build, at);
    } else {
      this.byRequest += 1;
      const { status, text } = await this.#ask('POST', '/_composable/api/domains/orders/reload');
      if (status !== 200) throw new Error(`reload ${number} was answered with ${status} ${text}`);
    }
    const live = await this.#told(`reload ${number}`, (line) => line.event === 'live');
    if (live.build !== build) throw new Error(`reload ${number}: ${live.build} is live, not ${build}`);
    const expected = byChange ? 'change' : 'request';
    if (live.trigger !== expected) throw new Error(`reload ${number} was triggered by ${live.trigger}`);
    await this.#told(`the end of generation ${live.replaced}`,
      (line) => line.event === 'unloaded' && line.generation === live.replaced);
    if (number % kCollectEvery === 0) await this.collect();
  }

  // Reads what the host remembers.
  async collect() {
    const { text } = await this.#ask('GET', '/_composable/api/generations');
    for (const record of JSON.parse(text).generations) {
      if (record.trigger !== 'start') this.records.set(record.attempt, record);
      const renamed = this.#renamed.get(record.build);
      if (renamed === undefined || record.live_us === undefined) continue;
      this.fileToLive.push(record.began_us + record.live_us - renamed);
      this.#renamed.delete(record.build);
    }
  }

  #read(line) {
    const said = JSON.parse(line);
    if (!['live', 'unloaded', 'refused', 'pinned'].includes(said.event)) return;
    this.#seen.push(said);
    this.#wake();
  }

  // The next line, which `fits`, or it was something else that became of it.
  async #told(what, fits) {
    const loop = async () => {
      while (this.#seen.length === 0) {
        if (this.#host.child.exitCode !== null || this.#host.child.signalCode !== null) {
          throw new Error(`the host ended before ${what}`);
        }
        await new Promise((resolve) => { this.#wake = resolve; });
      }
      const said = this.#seen.shift();
      if (!fits(said)) throw new Error(`instead of ${what}: ${JSON.stringify(said)}`);
      return said;
    };
    return within(loop(), what);
  }

  async #ask(method, target) {
    const response = await within(new Promise((resolve, reject) => {
      http.request({ socketPath: path.join(this.#host.data, 'admin.sock'), path: target, method,
                     agent: this.#agent, timeout: kPatience }, resolve).on('error', reject).end();
    }), `answer to ${method} ${target}`);
    const text = Buffer.concat(await response.toArray()).toString();
    return { status: response.statusCode, text };
  }
}
