// Orders as the tests send them.
import assert from 'node:assert/strict';

export const kOrders = '/api/v1/orders';
export const kId = /^order-[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
export const kUnknownId = 'order-01890000-0000-7000-8000-000000000000';
export const kMaximum = 9007199254740991;  // 2^53 - 1

export const item = (more = {}) =>
  ({ product_id: 'prod-1', name: 'Widget', quantity: 2, unit_price_cents: 1000, ...more });
export const order = (more = {}) => ({ customer_id: 'cust-123', items: [item()], ...more });

// Places an order, which must succeed, and returns its id.
export async function place(host, body = order()) {
  const answer = await host.post(kOrders, body);
  assert.equal(answer.status, 201, `placing ${JSON.stringify(body)} answered ${answer.text}`);
  return answer.json.order_id;
}

// Ships it, which must succeed.
export async function ship(host, id, tracking = 'TRACK123') {
  const answer = await host.post(`${kOrders}/${id}/ship`, { tracking_number: tracking });
  assert.equal(answer.status, 200, `shipping ${id} answered ${answer.text}`);
}

// Checks that an answer is an error in the one shape all errors have.
export function assertError(answer, status, code, { path, message } = {}) {
  const said = `answered ${answer.status} ${answer.text ?? answer.body}`;
  assert.equal(answer.status, status, said);
  assert.match(answer.headers['content-type'] ?? '', /^application\/json\b/, said);
  const body = answer.json;
  assert.equal(body.code, code, said);
  assert.equal(typeof body.message, 'string', said);
  assert.notEqual(body.message, '', said);
  assert.equal(body.correlation_id, answer.headers['x-correlation-id'], said);
  const known = ['code', 'message', 'correlation_id', 'path'];
  assert.deepEqual(Object.keys(body).filter((key) => !known.includes(key)), [], said);
  if (path instanceof RegExp) assert.match(body.path ?? '', path, said);
  else if (path !== undefined) assert.equal(body.path, path, said);
  if (message) assert.match(body.message, message, said);
}
