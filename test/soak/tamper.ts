import { randomFrom } from '../support/random.ts';
import { makeLog, MUTATIONS, removeLog, tamperOnce, verifyTampered } from '../support/tampering.ts';

const TIMES = 10_000;

/** Ten thousand mutations of one log; `npm test` does some hundred. */
export async function tamper(say: (line: string) => void): Promise<void> {
  const seed = Number(process.env['SALLYPORT_SEED'] ?? Date.now() % 1_000_000);
  say(`SALLYPORT_SEED=${seed}`);
  const random = randomFrom(seed);
  const log = await makeLog();
  const names = Object.keys(MUTATIONS);
  const counts = { reported: 0, 'not yet covered': 0 };
  try {
    for (let i = 1; i <= TIMES; i += 1) {
      counts[await tamperOnce(log, names[random(names.length)] ?? '', random)] += 1;
      if (i % 100 === 0 && !(await verifyTampered(log)).ok) throw new Error('the log as it was is reported');
      if (i % 1000 === 0) say(`${i} mutations: ${counts.reported} reported, ${counts['not yet covered']} behind the newest checkpoint`);
    }
  } finally {
    await removeLog(log);
  }
}
