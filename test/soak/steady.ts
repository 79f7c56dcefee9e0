import { appendMany } from '../support/steady.ts';

/** A million events; throws where the process holds more at the end than at the half. */
export async function steady(say: (line: string) => void): Promise<void> {
  const held = await appendMany(1_000_000, 20, ({ events, heapMegabytes, residentMegabytes, files }) =>
    say(`${events} events: heap ${heapMegabytes.toFixed(1)} MB, resident ${residentMegabytes.toFixed(0)} MB, ${files} files`),
  );
  const [half, last] = [held[9], held[19]];
  if (!half || !last || last.heapMegabytes > half.heapMegabytes + 8 || last.files > half.files + 2) throw new Error('it grows');
}
