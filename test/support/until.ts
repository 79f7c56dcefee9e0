import { setTimeout as sleep } from 'node:timers/promises';

/** Asks until there is an answer. What never comes ends the test with `what`, not with the runner's time-out. */
export async function until<T>(what: string, ask: () => Promise<T | undefined> | T | undefined, tries = 200): Promise<T> {
  for (let i = 0; i < tries; i += 1) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await sleep(50);
  }
  throw new Error(`waited in vain for ${what}`);
}
