// Whether a history of the box office is that of a serial machine.
//
// An operation is {line, sent, answered, command, outcome}. `sent` and `answered` are moments of one
// clock. What one line sends, a socket or a pipelined connection, is decided in the order sent.
// A `command` is {Name: fields}, or null for a read of the hall. Its `outcome` is one of
//   {point}              the `point`th event of the domain, from 1, is its own
//   {rejection: {code, message}}, {announced: changes}, {read: hall}, {}
//
// The log gives the order of all events. What left no event must be explained by a state between two
// of them, so that nothing is before what was answered before it was sent, or went before it on its
// line. Taking the earliest such state, in the order in which they were sent, finds an order if there
// is one, since an operation only bounds later ones from below.
import { isDeepStrictEqual } from 'node:util';

import { SerialMachine } from './serial_machine.mjs';

const shown = (value) => JSON.stringify(value);

// The states before the first event and after each; or a text when an event is not what the command
// that is answered with it would have done there.
function replay(operations, events) {
  const owners = new Map();
  for (const operation of operations) {
    const { point } = operation.outcome;
    if (point === undefined) continue;
    if (owners.has(point)) return `two commands were answered with event ${point}: `
      + `${shown(operation.command)} and ${shown(owners.get(point).command)}`;
    owners.set(point, operation);
  }
  const states = [new SerialMachine()];
  for (const [index, event] of events.entries()) {
    const point = index + 1;
    const owner = owners.get(point);
    if (!owner) return `event ${point} is nobody's: ${shown(event)}`;
    const right = states[index].decide(owner.command);
    if (!isDeepStrictEqual(right.event, event)) {
      return `event ${point}, of ${shown(owner.command)}, is ${shown(event)}; `
        + `a serial machine comes to ${shown(right)}`;
    }
    const next = states[index].copy();
    next.evolve(event);
    states.push(next);
  }
  if (owners.size !== events.length) return 'an event was answered that is not in the log';
  return states;
}

function explains(state, { command, outcome }) {
  if (command === null) return isDeepStrictEqual({ ...state }, outcome.read);
  return isDeepStrictEqual(state.decide(command), outcome);
}

// The first thing that no serial machine does, or null.
export function fault(operations, events) {
  const states = replay(operations, events);
  if (typeof states === 'string') return states;
  const points = new Map();  // of an operation: all events up to this one are before it
  const lines = new Map();
  const byAnswer = [...operations].sort((a, b) => a.answered - b.answered);
  let settled = 0, next = 0;
  for (const operation of [...operations].sort((a, b) => a.sent - b.sent)) {
    while (byAnswer[next].answered < operation.sent) settled = Math.max(settled, points.get(byAnswer[next++]));
    const from = Math.max(settled, lines.get(operation.line) ?? 0);
    let { point } = operation.outcome;
    if (point !== undefined) {
      if (point <= from) return `${shown(operation.command)} is event ${point}, and what was before it saw event ${from}`;
    } else {
      point = from;
      while (point < states.length && !explains(states[point], operation)) ++point;
      if (point === states.length) {
        const there = operation.command === null ? { ...states[from] } : states[from].decide(operation.command);
        return `${shown(operation.command)} ended in ${shown(operation.outcome)}, which nothing explains `
          + `from event ${from} on; there it is ${shown(there)}`;
      }
    }
    points.set(operation, point);
    lines.set(operation.line, point);
  }
  return null;
}
