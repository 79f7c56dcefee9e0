/** Runs that take as long as they say: `npm run soak -- waits`. */
import { crash } from './crash.ts';
import { steady } from './steady.ts';
import { tamper } from './tamper.ts';
import { waits } from './waits.ts';

const RUNS: Readonly<Record<string, (say: (line: string) => void) => Promise<void>>> = { waits, crash, tamper, steady };

const run = RUNS[process.argv[2] ?? ''];
if (run) await run((line) => process.stdout.write(`${line}\n`));
else {
  process.stderr.write(`usage: npm run soak -- ${Object.keys(RUNS).join('|')}\n`);
  process.exitCode = 2;
}
