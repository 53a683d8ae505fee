// A TCP connection on which a test writes exactly the bytes it wants, and reads HTTP responses and
// WebSocket frames by hand.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import net from 'node:net';

import { within } from './wait.mjs';

export class RawConnection {
  static async open(host) {
    const socket = net.connect(host.port, '127.0.0.1');
    await within(once(socket, 'connect'), 'connection');
    return new RawConnection(socket);
  }

  #buffer = Buffer.alloc(0);
  #ended = false;
  #wake = () => {};

  constructor(socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (bytes) => { this.#buffer = Buffer.concat([this.#buffer, bytes]); this.#wake(); });
    for (const end of ['end', 'close', 'error']) {
      socket.on(end, () => { this.#ended = true; this.#wake(); });
    }
  }

  // Text goes out as Latin-1, so that any byte can be written.
  send(bytes) {
    if (!this.socket.destroyed) this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
    return this;
  }

  close() { this.socket.destroy(); }

  async #until(ready, what) {
    const loop = async () => {
      for (;;) {
        const answer = ready();
        if (answer) return answer;
        if (this.#ended) throw new Error(`the host closed the connection, no ${what}${this.#seen()}`);
        await new Promise((resolve) => { this.#wake = resolve; });
      }
    };
    return within(loop(), what, () => this.#seen());
  }
  #seen() { return `; received so far: ${JSON.stringify(this.#buffer.toString('latin1').slice(0, 500))}`; }

  async #take(count, what) {
    await this.#until(() => this.#buffer.length >= count, what);
    const taken = this.#buffer.subarray(0, count);
    this.#buffer = this.#buffer.subarray(count);
    return taken;
  }
  async #line(what) {
    const end = await this.#until(() => this.#buffer.indexOf('\r\n') + 1, what);
    return (await this.#take(end + 1, what)).toString('latin1').slice(0, -2);
  }

  // The next response: {status, headers, body}; a header that stands twice is an array.
  async response({ head = false } = {}) {
    const status = /^HTTP\/1\.[01] (\d{3}) /.exec(`${await this.#line('status line')} `);
    if (!status) throw new Error(`not a status line${this.#seen()}`);
    const headers = {};
    for (let line; (line = await this.#line('header')) !== '';) {
      const name = line.slice(0, line.indexOf(':')).toLowerCase();
      const value = line.slice(line.indexOf(':') + 1).trim();
      headers[name] = name in headers ? [headers[name], value].flat() : value;
    }
    const code = Number(status[1]);
    const bodyless = head || code < 200 || code === 204 || code === 304;
    const body = bodyless ? '' : await this.#body(headers);
    return { status: code, headers, body,
             json: /json/.test(headers['content-type'] ?? '') && body ? JSON.parse(body) : undefined };
  }
  async #body(headers) {
    if (headers['transfer-encoding'] === 'chunked') {
      const chunks = [];
      for (let size; (size = parseInt(await this.#line('chunk size'), 16)) > 0;) {
        chunks.push(await this.#take(size, 'chunk'));
        await this.#take(2, 'end of chunk');
      }
      await this.#line('end of chunks');
      return Buffer.concat(chunks).toString();
    }
    return (await this.#take(Number(headers['content-length'] ?? 0), 'body')).toString();
  }

  // Waits until the host has closed, and returns what it sent before that and nobody read.
  async closed() {
    await within((async () => {
      while (!this.#ended) await new Promise((resolve) => { this.#wake = resolve; });
    })(), 'end of the connection', () => this.#seen());
    return this.#buffer.toString('latin1');
  }

  // The WebSocket handshake by hand; returns the response.
  upgrade(host, target = '/ws', lines = []) {
    this.send([`GET ${target} HTTP/1.1`, `Host: 127.0.0.1:${host.port}`, 'Connection: Upgrade',
      'Upgrade: websocket', 'Sec-WebSocket-Version: 13',
      `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`, ...lines, '', ''].join('\r\n'));
    return this.response();
  }

  // The next frame of the server: {fin, rsv, opcode, payload}.
  async frame() {
    const head = await this.#take(2, 'frame');
    let length = head[1] & 0x7f;
    if (length === 126) length = (await this.#take(2, 'frame')).readUInt16BE();
    else if (length === 127) length = Number((await this.#take(8, 'frame')).readBigUInt64BE());
    const payload = Buffer.from(await this.#take(length, 'frame'));
    return { fin: head[0] >> 7 === 1, rsv: (head[0] >> 4) & 7, opcode: head[0] & 15,
             masked: head[1] >> 7 === 1, payload };
  }
}

// A client's frame as bytes.
export function frame(opcode, payload = '', { fin = true, rsv = 0, masked = true } = {}) {
  const data = Buffer.from(payload);
  const head = [(fin ? 0x80 : 0) | (rsv << 4) | opcode];
  const mask = masked ? 0x80 : 0;
  if (data.length < 126) head.push(mask | data.length);
  else if (data.length < 65536) head.push(mask | 126, data.length >> 8, data.length & 255);
  else {
    const size = Buffer.alloc(8);
    size.writeBigUInt64BE(BigInt(data.length));
    head.push(mask | 127, ...size);
  }
  if (!masked) return Buffer.concat([Buffer.from(head), data]);
  const key = randomBytes(4);
  return Buffer.concat([Buffer.from(head), key, data.map((byte, i) => byte ^ key[i & 3])]);
}
