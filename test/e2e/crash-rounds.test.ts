import assert from 'node:assert/strict';
import test from 'node:test';
import { crashRounds } from '../support/crash-rounds.ts';
import { randomFrom } from '../support/random.ts';

test('killed ten times under the load of 16 clients: no command without its intent, no released reply without its outcome, and every time the log verifies', async (t) => {
  const seed = Number(process.env['SALLYPORT_SEED'] ?? Date.now() % 1_000_000);
  t.diagnostic(`SALLYPORT_SEED=${seed}`);
  const result = await crashRounds({ rounds: 10, random: randomFrom(seed), say: (line) => t.diagnostic(line) });
  assert.ok(result.acknowledged >= 100, `only ${result.acknowledged} replies`);
  assert.ok(result.arrived >= result.acknowledged && result.events > 2 * result.acknowledged);
});
