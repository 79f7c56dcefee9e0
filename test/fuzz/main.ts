/** `npm run fuzz [CONNECTIONS] [SEED]`: the long form of what `npm test` does shortly. */
import { fuzzPostgres } from './postgres.ts';

const [connections = '2000', seed = String(Date.now() % 1_000_000)] = process.argv.slice(2);
process.stdout.write(`seed ${seed}\n`);
const {
  answered,
  grownMegabytes,
  connections: made,
} = await fuzzPostgres({
  seed: Number(seed),
  connections: Number(connections),
  report: (line) => void process.stdout.write(`${line}\n`),
});
process.stdout.write(`${made} hostile connections, ${answered} of them answered to the end, ${Math.round(grownMegabytes)} MB more memory\n`);
