import { crashRounds } from '../support/crash-rounds.ts';
import { randomFrom } from '../support/random.ts';

/** A hundred kills; `npm test` does ten. */
export async function crash(say: (line: string) => void): Promise<void> {
  const seed = Number(process.env['SALLYPORT_SEED'] ?? Date.now() % 1_000_000);
  say(`SALLYPORT_SEED=${seed}`);
  const { acknowledged, arrived, events, torn } = await crashRounds({ rounds: 100, random: randomFrom(seed), say });
  say(`100 kills: ${acknowledged} replies, ${arrived} commands, ${events} events; ${torn} times a commit was torn; nothing was lost, and every log verified`);
}
