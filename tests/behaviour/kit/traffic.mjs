// Clients that go on while something happens to the host: every request must be answered well, and
// every open socket must see every event once.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import WebSocket from 'ws';

import { kOrders, order, place } from './orders.mjs';
import { until, within } from './wait.mjs';

export class Traffic {
  #going = true;
  #clients;
  #sockets = [];
  placed = [];

  static async start(host, { clients = 4, sockets = 4 } = {}) {
    const traffic = new Traffic(host);
    for (let n = 0; n < sockets; ++n) await traffic.#open();
    traffic.#clients = Array.from({ length: clients }, () => traffic.#client());
    for (const client of traffic.#clients) client.catch(() => {});  // told in stop()
    return traffic;
  }
  constructor(host) { this.host = host; }

  async #open() {
    const ws = new WebSocket(`ws://127.0.0.1:${this.host.port}/ws`);
    const socket = { ws, seen: new Map() };
    ws.on('message', (data) => {
      const id = JSON.parse(data).action?.OrderPlaced?.order_id;
      if (id) socket.seen.set(id, (socket.seen.get(id) ?? 0) + 1);
    });
    ws.on('error', () => {});
    ws.on('close', (code) => { socket.closed = code; });
    await within(once(ws, 'open'), 'WebSocket of the traffic');
    this.#sockets.push(socket);
  }

  async #client() {
    while (this.#going) {
      const id = await place(this.host, order());
      this.placed.push(id);
      const read = await this.host.get(`${kOrders}/${id}`);
      assert.equal(read.status, 200, `reading ${id} answered ${read.status} ${read.text}`);
    }
  }

  // Every client has been answered at least once more when this returns.
  async goOn() {
    const before = this.placed.length;
    await until(() => this.placed.length >= before + 2 * this.#clients.length || !this.#going,
      'the requests go on');
  }

  // Ends, and judges: no failed request, no closed socket, every event once on each.
  async stop() {
    this.#going = false;
    await Promise.all(this.#clients);
    const expected = new Map(this.placed.map((id) => [id, 1]));
    assert.equal(expected.size, this.placed.length, 'an order id was given twice');
    for (const socket of this.#sockets) {
      await until(() => socket.closed || socket.seen.size >= expected.size, 'every event on every socket');
      assert.equal(socket.closed, undefined, `a socket was closed with ${socket.closed}`);
      assert.deepEqual(new Map([...socket.seen].sort()), new Map([...expected].sort()));
      socket.ws.terminate();
    }
  }
}
