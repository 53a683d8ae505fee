// HTTP load on a few keep-alive connections, each with one request in flight: orders are placed,
// shipped and read, the counter is incremented. What was answered well is kept, so that it can be
// compared with what sockets hear and with what is there in the end.
import { scheduler } from 'node:timers/promises';
import { Client } from 'undici';

import { item, kOrders, kUnknownId, order } from '../kit/orders.mjs';
import { kPatience } from '../kit/wait.mjs';

const kCounter = '/api/v1/counter';
const kWriterPause = 20;  // ms between two requests
const kReaderPause = 3;
const kMostFailures = 20;  // that are told

export class Traffic {
  // What sockets have to hear, by domain.
  expected = { orders: new Set(), counter: new Set() };
  orders = [];  // {id, total_cents, status}
  sent = 0;
  failed = 0;
  failures = [];

  #host;
  #clients = [];
  #workers = [];
  #ended = false;
  #increments = 0;
  #storing = true;

  constructor(host) { this.#host = host; }

  // `count` orders at once, before anything else.
  async seed(count) {
    const clients = Array.from({ length: 16 }, () => this.#connect());
    await Promise.all(clients.map(async (client, n) => {
      for (let i = n; i < count; i += clients.length) await this.#place(client);
      await client.close();
    }));
  }

  start({ writers = 2, readers = 4 } = {}) {
    this.#run(writers, kWriterPause, (client, turn) => this.#write(client, turn));
    this.#run(readers, kReaderPause, (client) => this.#read(client));
  }

  // From when this returns nothing is stored any more: commands are refused or change the counter.
  async storeNothingMore() {
    this.#storing = false;
    await Promise.all(this.#workers.map((worker) => worker.turn));
  }

  async stop() {
    this.#ended = true;
    await Promise.all(this.#workers.map((worker) => worker.done));
  }

  // Whether every order and the counter are what they were answered to be.
  async checkWhatIsThere() {
    const client = this.#connect();
    for (const known of this.orders) await this.#readOrder(client, known);
    const count = (this.#increments * (this.#increments + 1)) / 2;
    await this.#ask(client, 'GET', kCounter, undefined, 200,
      (said) => said.count === count || `expected the count ${count}`);
    await Promise.all(this.#clients.map((each) => each.closed || each.close()));
  }

  #connect() {
    const client = new Client(this.#host.origin,
      { pipelining: 1, headersTimeout: kPatience, bodyTimeout: kPatience });
    this.#clients.push(client);
    return client;
  }

  #run(count, pause, request) {
    for (let n = 0; n < count; ++n) {
      const client = this.#connect();
      const worker = {};
      const loop = async () => {
        for (let turn = 0; !this.#ended; ++turn) {
          await (worker.turn = request(client, turn));
          await scheduler.wait(pause);
        }
      };
      worker.done = loop();
      this.#workers.push(worker);
    }
  }

  async #write(client, turn) {
    if (!this.#storing) {
      if (turn % 2 === 0) return this.#increment(client);
      return this.#ask(client, 'POST', `${kOrders}/${kUnknownId}/ship`, { tracking_number: 'T' }, 404);
    }
    const placed = await this.#place(client);
    if (placed && turn % 2 === 0) await this.#ship(client, placed);
    if (turn % 8 === 0) await this.#increment(client);
  }

  async #place(client) {
    const cents = this.sent;
    const body = order({ items: [item({ quantity: 1, unit_price_cents: cents })] });
    const said = await this.#ask(client, 'POST', kOrders, body, 201,
      (answer) => answer.total_cents === cents || `expected the total ${cents}`);
    if (!said) return undefined;
    const placed = { id: said.order_id, total_cents: cents, status: 'placed' };
    this.expected.orders.add(`OrderPlaced ${placed.id}`);
    this.orders.push(placed);
    return placed;
  }

  async #ship(client, placed) {
    placed.status = undefined;  // not known before the answer
    if (!await this.#ask(client, 'POST', `${kOrders}/${placed.id}/ship`, { tracking_number: 'T' }, 200)) return;
    placed.status = 'shipped';
    this.expected.orders.add(`OrderShipped ${placed.id}`);
  }

  async #increment(client) {
    const by = this.#increments += 1;  // each its own, so that events can be told apart
    if (await this.#ask(client, 'POST', `${kCounter}/increment`, { by }, 200)) {
      this.expected.counter.add(`Incremented ${by}`);
    }
  }

  #read(client) {
    return this.#readOrder(client, this.orders[Math.floor(Math.random() * this.orders.length)]);
  }

  #readOrder(client, known) {
    const { id, total_cents, status } = known;
    return this.#ask(client, 'GET', `${kOrders}/${id}`, undefined, 200, (said) =>
      (said.order_id === id && said.total_cents === total_cents &&
        (status === undefined || known.status !== status || said.status === status)) ||
      `expected ${JSON.stringify(known)}`);
  }

  // The answer, or undefined when it is not what it has to be.
  async #ask(client, method, path, json, status, fits = () => true) {
    this.sent += 1;
    let said = '';
    try {
      const answer = await client.request({ method, path,
        headers: json === undefined ? {} : { 'content-type': 'application/json' },
        body: json === undefined ? undefined : JSON.stringify(json) });
      said = `${answer.statusCode} ${await answer.body.text()}`;
      const body = JSON.parse(said.slice(4));
      const verdict = answer.statusCode === status ? fits(body) : `expected ${status}`;
      if (verdict === true) return body;
      said = `${said}; ${verdict}`;
    } catch (error) {
      said = `${said}${error.message}`;
    }
    this.failed += 1;
    if (this.failures.length < kMostFailures) this.failures.push(`${method} ${path}: ${said}`);
    return undefined;
  }
}
