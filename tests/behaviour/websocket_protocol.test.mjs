// RFC 6455 by hand: what breaks the protocol closes with 1002 and a close frame.
import assert from 'node:assert/strict';
import { isUtf8 } from 'node:buffer';
import { after, before, test } from 'node:test';

import { start } from './kit/host.mjs';
import { frame, RawConnection } from './kit/raw.mjs';

const kText = 1, kBinary = 2, kClose = 8, kPing = 9, kPong = 10, kContinuation = 0;
let host;
before(async () => { host = await start(); });
after(() => host?.close());

async function upgraded(t) {
  const raw = await RawConnection.open(host);
  t.after(() => raw.close());
  const answer = await raw.upgrade(host);
  assert.equal(answer.status, 101, answer.body);
  return raw;
}
const closeCode = (code, reason = '') => Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from(reason)]);

test('the handshake answers with the key of RFC 6455', async (t) => {
  const raw = await RawConnection.open(host);
  t.after(() => raw.close());
  raw.send(['GET /ws HTTP/1.1', `Host: 127.0.0.1:${host.port}`, 'Connection: keep-alive, Upgrade', 'Upgrade: WebSocket',
    'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', '', ''].join('\r\n'));
  const answer = await raw.response();
  assert.equal(answer.status, 101);
  assert.equal(answer.headers['sec-websocket-accept'], 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
});

const violations = {
  'a frame without a mask': [frame(kText, '{"type":"ping"}', { masked: false })],
  'a reserved bit': [frame(kText, '{}', { rsv: 4 })],
  'a reserved opcode': [frame(3, 'x')],
  'a reserved control opcode': [frame(11)],
  'a fragmented control frame': [frame(kPing, 'x', { fin: false })],
  'a control frame of 126 bytes': [frame(kPing, 'x'.repeat(126))],
  'a continuation of nothing': [frame(kContinuation, 'x')],
  'a message inside a message': [frame(kText, 'a', { fin: false }), frame(kText, 'b')],
  'a close with one byte': [frame(kClose, 'x')],
  'a close with 1005': [frame(kClose, closeCode(1005))],
  'a close with 999': [frame(kClose, closeCode(999))],
  'a close with 5000': [frame(kClose, closeCode(5000))],
};
for (const [what, frames] of Object.entries(violations)) {
  test(`${what} closes with 1002`, async (t) => {
    const raw = await upgraded(t);
    for (const one of frames) raw.send(one);
    const answer = await raw.frame();
    assert.equal(answer.opcode, kClose, `answered with opcode ${answer.opcode}: ${answer.payload}`);
    assert.equal(answer.payload.readUInt16BE(), 1002, answer.payload.toString());
    await raw.closed();
  });
}

test('a close is answered with its code and the connection ends', async (t) => {
  for (const [payload, code] of [[closeCode(1000, 'bye'), 1000], [closeCode(4001), 4001], [Buffer.alloc(0), undefined]]) {
    const raw = await upgraded(t);
    raw.send(frame(kClose, payload));
    const answer = await raw.frame();
    assert.equal(answer.opcode, kClose);
    assert.equal(answer.payload.length >= 2 ? answer.payload.readUInt16BE() : undefined, code);
    await raw.closed();
  }
});

test('frames of the host are whole, unmasked and without reserved bits', async (t) => {
  const raw = await upgraded(t);
  raw.send(frame(kText, '{"type":"ping"}'));
  const { fin, rsv, opcode, masked, payload } = await raw.frame();
  assert.deepEqual({ fin, rsv, opcode, masked, text: payload.toString() },
    { fin: true, rsv: 0, opcode: kText, masked: false, text: '{"type":"pong"}' });
});

test('a ping between fragments is answered at once', async (t) => {
  const raw = await upgraded(t);
  raw.send(frame(kText, '{"type":', { fin: false })).send(frame(kPing, 'now'));
  const pong = await raw.frame();
  assert.equal(pong.opcode, kPong);
  assert.equal(pong.payload.toString(), 'now');
  raw.send(frame(kContinuation, '"ping"}'));
  assert.equal((await raw.frame()).payload.toString(), '{"type":"pong"}');
});

test('a frame that comes byte by byte is read', async (t) => {
  const raw = await upgraded(t);
  for (const byte of frame(kText, `{"type":"ping"}${' '.repeat(200)}`)) {
    raw.send(Buffer.from([byte]));
    await new Promise(setImmediate);
  }
  assert.equal((await raw.frame()).payload.toString(), '{"type":"pong"}');
});

test('frames that come behind the handshake in one piece are read', async (t) => {
  const raw = await RawConnection.open(host);
  t.after(() => raw.close());
  raw.send(Buffer.concat([Buffer.from(['GET /ws HTTP/1.1', `Host: 127.0.0.1:${host.port}`, 'Connection: Upgrade',
    'Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', '', ''].join('\r\n')),
    frame(kText, '{"type":"ping"}')]));
  assert.equal((await raw.response()).status, 101);
  assert.equal((await raw.frame()).payload.toString(), '{"type":"pong"}');
});

test('a length that nobody could mean closes before the payload comes', async (t) => {
  for (const length of [0x7fffffffffffffffn, 0xffffffffffffffffn, 1n << 40n]) {
    const raw = await upgraded(t);
    const head = Buffer.alloc(14);
    head[0] = 0x81;
    head[1] = 0xff;
    head.writeBigUInt64BE(length, 2);
    raw.send(head);
    const answer = await raw.frame();
    assert.equal(answer.opcode, kClose);
    assert.ok([1002, 1009].includes(answer.payload.readUInt16BE()), answer.payload.toString());
    await raw.closed();
  }
});

test('an error that quotes a long name is UTF-8', async (t) => {
  const raw = await upgraded(t);
  for (const name of [`a${'é'.repeat(60)}`, `ab${'🙂'.repeat(60)}`]) {
    raw.send(frame(kText, JSON.stringify({ type: 'command', action: { CancelOrder: { [name]: 1 } } })));
    const { payload } = await raw.frame();
    assert.ok(isUtf8(payload), payload.toString());
    assert.match(JSON.parse(payload).message, /^unknown field "ab?(é{31}|🙂{15})"$/u);
  }
});

test('a connection that vanishes inside a frame harms nobody', async (t) => {
  for (let n = 0; n < 20; ++n) {
    const raw = await upgraded(t);
    raw.send(frame(kBinary, 'x'.repeat(1000)).subarray(0, 5 + n));
    raw.socket.resetAndDestroy();
  }
  assert.equal((await host.get('/health')).json.status, 'ok');
  await host.stop();
});
