// The box office (tests/fixture_plugins/box_office.hpp) as the tests drive it: a host that serves it
// alone, and clients that send its commands over HTTP and over sockets in one way.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';

import { pluginDirectory, scratch, start } from './host.mjs';
import { RawConnection } from './raw.mjs';
import { Socket } from './socket.mjs';

export const kOffice = '/api/v1/box_office';
export const kMostTokens = 3;

// The plugin as it was built; a host has a copy of its own.
export const officeFile = process.env.COMPOSABLE_BOX_OFFICE;
assert.ok(officeFile, 'COMPOSABLE_BOX_OFFICE is not set; run these tests with ctest -L behaviour');

// Serves the box office, and {name: file} besides. One socket may send as fast as it can.
export async function openOffice({ data = scratch(), plugins = {}, settings = {} } = {}) {
  const config = path.join(scratch(), 'composable.json');
  writeFileSync(config, JSON.stringify({ websocket: { messages_per_second: 1000000 }, ...settings }));
  const directory = pluginDirectory({ 'box_office.so': officeFile, ...plugins });
  const host = await start({ data, pluginsDir: directory, args: ['--no-watch', '--config', config] });
  host.officeFile = path.join(directory, 'box_office.so');
  return host;
}

export const hall = async (host) => (await host.get(kOffice)).json;
export const ledger = async (host) => (await host.get(`${kOffice}/ledger`)).json;

const routes = {
  HoldSeat: ({ seat, ...rest }) => [`/seats/${seat}/hold`, rest],
  ConfirmSeat: ({ seat }) => [`/seats/${seat}/confirm`],
  ReleaseSeat: ({ seat }) => [`/seats/${seat}/release`],
  TakeToken: (token) => ['/tokens', token],
  ReturnToken: ({ token }) => [`/tokens/${token}/return`],
  Touch: ({ place }) => [`/touch/${place}`],
  Stamp: ({ sheet, ...rest }) => [`/sheets/${sheet}/stamp`, rest],
  Taste: (taste) => ['/taste', taste],
  Complain: () => ['/complain'],
  Ignore: () => ['/ignore'],
  Ask: () => ['/ask'],
  Explode: () => ['/explode'],
};

// The command's path and body; both forms of a command are made from {Name: fields}.
function route(command) {
  const [[name, fields]] = Object.entries(command);
  const [target, body] = routes[name](fields);
  return [kOffice + target, body];
}

// One command over HTTP.
export function post(host, command) {
  const [target, body] = route(command);
  return host.post(target, body);
}

// The bytes of one request, to be written behind others on a raw connection.
export function requestText(host, command) {
  const [target, body] = route(command);
  const text = body === undefined ? '' : JSON.stringify(body);
  return [`POST ${target} HTTP/1.1`, `Host: 127.0.0.1:${host.port}`,
    ...(text ? ['Content-Type: application/json'] : []), `Content-Length: ${text.length}`,
    '', text].join('\r\n');
}

// Sends all commands at once on one connection; the responses in their order.
export async function pipelined(host, commands) {
  const connection = await RawConnection.open(host);
  connection.send(commands.map((command) => requestText(host, command)).join(''));
  const answers = [];
  for (const _ of commands) answers.push(await connection.response());
  connection.close();
  return answers;
}

// One socket that sees no events of others, and whose commands are numbered 0, 1, 2, …
export class Counterpart {
  static async open(host) {
    const counterpart = new Counterpart();
    counterpart.socket = await Socket.open(host, `${kOffice}/ws`);
    return counterpart;
  }
  #sent = 0;

  send(command) {
    this.socket.command(command, { id: this.#sent });
    return this.#sent++;
  }
  // Sends all without waiting; the acks and errors in the order in which they came.
  async exchange(commands) {
    for (const command of commands) this.send(command);
    const answers = [];
    while (answers.length < commands.length) answers.push(await this.answer());
    return answers;
  }
  // The next ack or error.
  async answer() {
    return (await this.socket.until((one) => one.type !== 'event', 'ack or error')).at(-1);
  }
  close() { this.socket.close(); }
}

// How an answer of a socket ended: 'ack', or the code of the error.
export const ending = (answer) => (answer.type === 'ack' ? 'ack' : answer.code);
