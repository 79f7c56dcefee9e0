import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { randomFrom } from '../../test/support/random.ts';
import { makeLog, MUTATIONS, removeLog, tamperOnce, verifyTampered, type TamperedLog } from '../../test/support/tampering.ts';

/** Each; the soak run does 10,000 in all. */
const TIMES = 25;

let log: TamperedLog;
before(async () => {
  log = await makeLog();
});
after(() => removeLog(log));

const seed = Number(process.env['SALLYPORT_SEED'] ?? Date.now() % 1_000_000);

for (const name of Object.keys(MUTATIONS)) {
  test(`${name}: reported wherever a checkpoint covers it, with the first bad place, and never counted as covered`, async (t) => {
    t.diagnostic(`SALLYPORT_SEED=${seed}`);
    const random = randomFrom(seed);
    for (let i = 0; i < TIMES; i += 1) await tamperOnce(log, name, random);
  });
}

test('between mutations the log is as it was, and is never reported', async () => {
  for (const kept of [[], [log.kept]]) {
    const report = await verifyTampered(log, kept);
    assert.deepEqual(report.problems, []);
    assert.deepEqual([report.writers[0]?.events, report.writers[0]?.covered, report.writers[0]?.notYetCovered], [60, 57, 3]);
  }
});
