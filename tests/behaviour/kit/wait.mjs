// Waiting that ends: every wait of the kit has a limit and says what it waited for.
import { scheduler } from 'node:timers/promises';

export const kPatience = 20_000;  // ms; also enough for a sanitized build on a busy machine

// Resolves as `promise` does, or fails after `ms` with what was waited for and what is known.
export async function within(promise, what, known = () => '', ms = kPatience) {
  const timer = new AbortController();
  const late = scheduler.wait(ms, { signal: timer.signal }).then(
    () => { throw new Error(`no ${what} within ${ms} ms${known()}`); },
    () => {});
  try {
    return await Promise.race([promise, late]);
  } finally {
    timer.abort();
  }
}

// Asks `condition` until it answers with something true, and returns that.
export async function until(condition, what, ms = kPatience) {
  for (const end = Date.now() + ms; ;) {
    const answer = await condition();
    if (answer) return answer;
    if (Date.now() > end) throw new Error(`${what}: not so within ${ms} ms`);
    await scheduler.wait(10);
  }
}
