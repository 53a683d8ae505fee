// Sockets that receive everything, and whether they all received the same: every event once, in the order
// of its domain.
import { once } from 'node:events';
import WebSocket from 'ws';

import { until, within } from '../kit/wait.mjs';

const kOpenAtOnce = 20;

// `OrderPlaced order-…` or `Incremented 7`: what tells an event from all others.
function nameOf(action) {
  const [[type, payload]] = Object.entries(action);
  return `${type} ${payload.order_id ?? payload.by}`;
}

// What happened in one domain, as the fastest socket told it.
class Sequence {
  events = [];
  #places = new Map();  // of an event in `events`

  // {next, lost, repeated} for who expects the event at `place` and receives `name`.
  received(place, name) {
    if (this.events[place] === name) return { next: place + 1, lost: 0, repeated: 0 };
    const known = this.#places.get(name);
    if (known !== undefined) {
      return known < place ? { next: place, lost: 0, repeated: 1 }
        : { next: known + 1, lost: known - place, repeated: 0 };
    }
    const skipped = this.events.length - place;
    this.#places.set(name, this.events.length);
    this.events.push(name);
    return { next: this.events.length, lost: skipped, repeated: 0 };
  }
}

export class Audience {
  lost = 0;
  repeated = 0;
  disordered = 0;  // positions that do not rise
  closed = [];

  #sockets = [];
  #sequences = new Map();  // by domain
  #ending = false;

  static async open(host, count) {
    const audience = new Audience();
    for (let begun = 0; begun < count; begun += kOpenAtOnce) {
      const some = Math.min(kOpenAtOnce, count - begun);
      await Promise.all(Array.from({ length: some }, () => audience.#open(host)));
    }
    return audience;
  }

  async #open(host) {
    const ws = new WebSocket(`ws://127.0.0.1:${host.port}/ws`);
    const socket = { ws, position: 0, places: new Map(), pongs: 0 };
    ws.on('message', (data) => this.#receive(socket, JSON.parse(data)));
    ws.on('error', () => {});  // a close follows
    ws.on('close', (code, reason) => {
      if (!this.#ending) this.closed.push(`${code} ${reason}`.trim());
    });
    this.#sockets.push(socket);
    await within(once(ws, 'open'), 'WebSocket /ws');
  }

  #receive(socket, message) {
    if (message.type === 'pong') socket.pongs += 1;
    if (message.type === 'gap') this.lost += message.skipped;
    if (message.type !== 'event') return;
    if (message.position !== undefined) {
      if (message.position <= socket.position) this.disordered += 1;
      socket.position = message.position;
    }
    if (!this.#sequences.has(message.domain)) this.#sequences.set(message.domain, new Sequence());
    const { next, lost, repeated } = this.#sequences.get(message.domain)
      .received(socket.places.get(message.domain) ?? 0, nameOf(message.action));
    socket.places.set(message.domain, next);
    this.lost += lost;
    this.repeated += repeated;
  }

  #events(domain) { return this.#sequences.get(domain)?.events ?? []; }

  // Waits for what is under way, and compares with what should have been received: {domain: Set}.
  // Answers how many events each socket received.
  async finish(expected) {
    const open = () => this.#sockets.filter(({ ws }) => ws.readyState === WebSocket.OPEN);
    const complete = () => open().every(({ places }) =>
      Object.entries(expected).every(([domain, events]) => (places.get(domain) ?? 0) >= events.size));
    await until(complete, 'every socket received every event').catch(() => {});
    // Whatever is too much has come before the pong.
    for (const { ws } of open()) ws.send('{"type": "ping"}');
    await until(() => open().every(({ pongs }) => pongs > 0), 'every socket is answered');
    let received = 0;
    for (const [domain, events] of Object.entries(expected)) {
      const told = this.#events(domain);
      received += told.length;
      for (const { places } of this.#sockets) this.lost += told.length - (places.get(domain) ?? 0);
      const known = new Set(told);
      this.lost += this.#sockets.length * [...events].filter((name) => !known.has(name)).length;
      this.repeated += told.filter((name) => !events.has(name)).length;
    }
    return received;
  }

  close() {
    this.#ending = true;
    for (const { ws } of this.#sockets) ws.terminate();
  }
}
