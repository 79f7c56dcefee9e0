import { setImmediate } from 'node:timers/promises';

/** About a millisecond's work. */
const AT_ONCE = 50;

/** As `map`, but whatever else waits gets its turn in between: making a batch must not hold up the commands that pass meanwhile. */
export async function mapInTurns<T, R>(items: readonly T[], map: (item: T) => R): Promise<readonly R[]> {
  const results: R[] = [];
  for (const item of items) {
    results.push(map(item));
    if (results.length % AT_ONCE === 0) await setImmediate();
  }
  return results;
}
