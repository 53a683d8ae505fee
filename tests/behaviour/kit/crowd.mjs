// Clients that send random commands over few seats and tokens, and write down what happened, for
// kit/history.mjs. The same seed sends the same commands, to another order of arrival.
import { hall, kOffice, ending, post, requestText } from './box_office.mjs';
import { RawConnection } from './raw.mjs';
import { Socket } from './socket.mjs';

// mulberry32
export function seededRandom(seed) {
  let state = seed >>> 0;
  return (sides) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % sides;
  };
}

// The commands of client number `client`; no two clients name a holder or a token alike.
export class Script {
  #roll;
  #client;
  #next = 0;
  #taken = [];
  constructor(seed, client) {
    this.#roll = seededRandom(seed + client);
    this.#client = client;
  }

  roll(sides) { return this.#roll(sides); }
  command() {
    const n = `${this.#client}-${++this.#next}`;
    const seat = 'AB'[this.#roll(2)];
    switch (this.#roll(12)) {
      case 0: case 1: case 2: return { HoldSeat: { seat, holder: `holder-${n}` } };
      case 3: case 4: return { ConfirmSeat: { seat } };
      case 5: case 6: return { ReleaseSeat: { seat } };
      case 7:
        this.#taken.push(`token-${n}`);
        return { TakeToken: { token: `token-${n}` } };
      case 8: return { ReturnToken: { token: this.#taken.at(-1 - this.#roll(6)) ?? 'token-none' } };
      case 9: return { Touch: { place: 'hot' } };
      case 10: return { Complain: {} };
      default: return this.#roll(2) === 0 ? { Ask: {} } : { Ignore: {} };
    }
  }
}

// Operations in the making. Moments are numbers that only grow.
export class Recorder {
  operations = [];
  #now = 0;

  sent(line, command) {
    const operation = { line, command, sent: ++this.#now };
    this.operations.push(operation);
    return operation;
  }
  answered(operation, outcome) {
    operation.answered = ++this.#now;
    operation.outcome = outcome;
  }
}

// `point` of an HTTP answer is the count in its body.
function outcomeOf(command, { status, json, text, body }) {
  const failure = () => new Error(`${JSON.stringify(command)} was answered ${status} ${text ?? body}`);
  if (status === 409 || status === 422) {
    if (json.code === 'CONFLICT') throw failure();
    return { rejection: { code: json.code, message: json.message } };
  }
  if (status === 204) return {};
  if (status !== 200 && status !== 201) throw failure();
  return 'Ask' in command ? { announced: json.changes } : { point: json.changes };
}

// One request at a time, each on any connection; every third is a read.
export async function requests(host, script, recorder, going) {
  while (going()) {
    const command = script.roll(3) === 0 ? null : script.command();
    const operation = recorder.sent({}, command);
    if (command === null) recorder.answered(operation, { read: await hall(host) });
    else recorder.answered(operation, outcomeOf(command, await post(host, command)));
  }
}

// Up to 4 requests in one write.
export async function pipeline(host, script, recorder, going) {
  const connection = await RawConnection.open(host);
  while (going()) {
    const commands = Array.from({ length: 1 + script.roll(4) }, () => script.command());
    const operations = commands.map((command) => recorder.sent(connection, command));
    connection.send(commands.map((command) => requestText(host, command)).join(''));
    for (const operation of operations) {
      recorder.answered(operation, outcomeOf(operation.command, await connection.response()));
    }
  }
  connection.close();
}

// Up to `most` commands on one socket without waiting for an answer. `base` is the position before
// the first event of the domain.
export async function socket(host, script, recorder, going, base, most = 8) {
  const client = await Socket.open(host, `${kOffice}/ws`);
  const announced = new Map();
  for (let id = 0; going();) {
    const open = new Map();
    for (let left = 1 + script.roll(most); left > 0; --left) {
      const command = script.command();
      open.set(++id, recorder.sent(client, command));
      client.command(command, { id });
    }
    while (open.size > 0) {
      const answer = await client.next('ack or error');
      if (answer.type === 'event') {
        if (answer.correlation_id) announced.set(answer.correlation_id, answer.action.Answered?.changes);
        continue;
      }
      const operation = open.get(answer.id);
      open.delete(answer.id);
      recorder.answered(operation, outcomeOfAnswer(operation.command, answer, announced, base));
      announced.delete(answer.correlation_id);
    }
  }
  client.close();
}
function outcomeOfAnswer(command, answer, announced, base) {
  if (answer.type === 'error') {
    if (!answer.action) throw new Error(`${JSON.stringify(command)} ended in ${ending(answer)}: ${answer.message}`);
    return { rejection: { code: answer.code, message: answer.message } };
  }
  if ('Ask' in command) return { announced: announced.get(answer.correlation_id) };
  return answer.position === undefined ? {} : { point: answer.position - base };
}
