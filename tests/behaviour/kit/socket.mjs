// A WebSocket client whose messages are read one by one, in order.
import { once } from 'node:events';
import WebSocket from 'ws';

import { within } from './wait.mjs';

export class Socket {
  // Options are those of ws: headers, origin, protocols.
  static async open(host, target = '/ws', options = {}) {
    const socket = new Socket(new WebSocket(`ws://127.0.0.1:${host.port}${target}`, options));
    await within(once(socket.ws, 'open'), `WebSocket ${target}`);
    return socket;
  }

  // The response to a handshake that must fail: {status, json}.
  static async refused(host, target, options = {}) {
    const ws = new WebSocket(`ws://127.0.0.1:${host.port}${target}`, options);
    ws.on('error', () => {});
    ws.on('open', () => ws.emit('refusal', new Error(`the WebSocket ${target} was opened`)));
    ws.on('unexpected-response', (request, response) => ws.emit('refusal', null, response));
    const [error, response] = await within(once(ws, 'refusal'), `refusal of ${target}`);
    ws.terminate();
    if (error) throw error;
    const chunks = await within(response.toArray(), 'body of the refusal');
    return { status: response.statusCode, headers: response.headers,
             json: JSON.parse(Buffer.concat(chunks).toString()) };
  }

  #messages = [];
  #wake = () => {};
  #seen = 0;

  constructor(ws) {
    this.ws = ws;
    this.closing = new Promise((resolve) => {
      ws.on('close', (code, reason) => { resolve({ code, reason: reason.toString() }); this.#wake(); });
    });
    ws.on('error', () => {});  // a close follows
    ws.on('message', (data, isBinary) => {
      if (isBinary) throw new Error('the host sent a binary frame');
      this.#messages.push(JSON.parse(data.toString()));
      this.#wake();
    });
  }

  // An object goes out as JSON text; a string or buffer as it is.
  send(message, options) {
    const plain = typeof message === 'string' || Buffer.isBuffer(message);
    this.ws.send(plain ? message : JSON.stringify(message), options);
    return this;
  }
  command(action, more = {}) { return this.send({ type: 'command', action, ...more }); }

  // The next message.
  async next(what = 'message') {
    const loop = async () => {
      while (this.#messages.length === 0) {
        if (this.ws.readyState === WebSocket.CLOSED) throw new Error(`the socket is closed, no ${what}`);
        await new Promise((resolve) => { this.#wake = resolve; });
      }
      this.#seen += 1;
      return this.#messages.shift();
    };
    return within(loop(), what, () => ` after ${this.#seen} messages`);
  }

  // All messages up to the first one that `match` accepts, that one included.
  async until(match, what = 'such message') {
    for (const all = []; ;) {
      all.push(await this.next(what));
      if (match(all.at(-1))) return all;
    }
  }

  // All that the host sent before it answered a ping of now, without the pong.
  async drain() {
    this.send({ type: 'ping' });
    return (await this.until((message) => message.type === 'pong', 'pong')).slice(0, -1);
  }

  // {code, reason} of the close.
  closed() { return within(this.closing, 'close of the socket'); }
  close() { this.ws.terminate(); }
}
