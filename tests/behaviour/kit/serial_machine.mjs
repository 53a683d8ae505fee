// The box office as a serial machine: one command after the other, each on the state that the one
// before left. What the host does must be what this does, in some order.
import { kMostTokens } from './box_office.mjs';

const reject = (code, message) => ({ rejection: { code, message } });

export class SerialMachine {
  seats = {};
  tokens = [];
  holds = 0;
  touches = 0;
  changes = 0;

  copy() { return Object.assign(new SerialMachine(), structuredClone({ ...this })); }

  // What a command comes to: {event}, {rejection}, {announced} or nothing.
  decide(command) {
    const [[name, fields]] = Object.entries(command);
    return this[name](fields);
  }
  #seat(name) { return this.seats[name] ?? { status: 'free', holder: '', hold: 0 }; }

  HoldSeat({ seat, holder }) {
    const now = this.#seat(seat);
    if (now.status !== 'free') {
      return reject('ALREADY_HELD', `seat ${seat} is ${now.status} for ${now.holder}`);
    }
    return { event: { SeatHeld: { seat, holder, hold: this.holds + 1 } } };
  }
  ConfirmSeat({ seat }) {
    const now = this.#seat(seat);
    if (now.status !== 'held') return reject('NOT_HELD', `seat ${seat} is ${now.status}`);
    return { event: { SeatConfirmed: { seat, holder: now.holder } } };
  }
  ReleaseSeat({ seat }) {
    const now = this.#seat(seat);
    if (now.status === 'free') return reject('NOT_HELD', `seat ${seat} is free`);
    return { event: { SeatReleased: { seat, holder: now.holder } } };
  }
  TakeToken({ token }) {
    const out = this.tokens.length;
    if (out >= kMostTokens) return reject('NONE_LEFT', `${out} tokens are out, which is all of them`);
    return { event: { TokenTaken: { token, out: out + 1 } } };
  }
  ReturnToken({ token }) {
    if (!this.tokens.includes(token)) return reject('NOT_TAKEN', `token ${token} is not out`);
    return { event: { TokenReturned: { token } } };
  }
  Touch({ place }) { return { event: { Touched: { place } } }; }
  Complain() { return reject('REGRETTED', `we regret it, after ${this.changes} changes`); }
  Ignore() { return {}; }
  Ask() { return { announced: this.changes }; }

  evolve(event) {
    ++this.changes;
    const [[name, fields]] = Object.entries(event);
    if (name === 'SeatHeld') {
      this.seats[fields.seat] = { status: 'held', holder: fields.holder, hold: fields.hold };
      ++this.holds;
    } else if (name === 'SeatConfirmed') {
      this.seats[fields.seat].status = 'confirmed';
    } else if (name === 'SeatReleased') {
      this.seats[fields.seat] = { status: 'free', holder: '', hold: 0 };
    } else if (name === 'TokenTaken') {
      this.tokens.push(fields.token);
    } else if (name === 'TokenReturned') {
      this.tokens = this.tokens.filter((token) => token !== fields.token);
    } else if (name === 'Touched') {
      ++this.touches;
    } else {
      throw new Error(`the machine does not know ${name}`);
    }
  }
}
