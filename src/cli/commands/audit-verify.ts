import { resolve } from 'node:path';
import { folderStore, verifyBucket } from '../../audit/verify-bucket.ts';
import { verifyDatabase } from '../../audit/verify-database.ts';
import { verifyLog, type Problem, type VerifyReport } from '../../audit/verify.ts';
import { SallyportError } from '../../core/error.ts';
import { connectStorage } from '../../storage/storage.ts';
import type { Invocation } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { dataFolder, journalFolder, keptCheckpoints, publicKey } from '../record-files.ts';

export async function run(invocation: Invocation): Promise<ExitCode> {
  const { terminal, format } = invocation;
  const report = await verify(invocation);
  const proved = report.ok && isSigned(report);
  if (format === 'json') terminal.json({ ...report, ok: proved });
  else
    for (const line of [...reportLines(report), proved ? 'the record is as it was signed, as far as it is covered' : 'the record is NOT proved'])
      terminal.line(line);
  return proved ? EXIT.ok : EXIT.unverified;
}

async function verify(invocation: Invocation): Promise<VerifyReport> {
  const { database, bucket } = invocation.options;
  if (database !== undefined && bucket !== undefined) throw new SallyportError('usage', '--database and --bucket exclude each other');
  const data = dataFolder(invocation);
  if (database === undefined && bucket === undefined) {
    const folder = await journalFolder(data);
    const key = await publicKey(invocation, data);
    return knowingItsKey(await verifyLog({ folder, publicKey: key, checkpoints: await keptCheckpoints(invocation, key) }));
  }
  const key = await publicKey(invocation, data);
  const checkpoints = await keptCheckpoints(invocation, key);
  if (bucket !== undefined) return knowingItsKey(await verifyBucket({ store: folderStore(resolve(bucket)), prefix: '', publicKey: key, checkpoints }));
  const storage = connectStorage({ url: database ?? '' });
  try {
    return knowingItsKey(await verifyDatabase({ storage, publicKey: key, checkpoints }));
  } finally {
    await storage.close();
  }
}

/** A wrong key finds every signature bad: that says more of the key than of the record. */
function knowingItsKey(report: VerifyReport): VerifyReport {
  const unsigned = report.problems.filter(({ kind }) => kind === 'bad-signature');
  const signed = report.writers.reduce((sum, { checkpoints }) => sum + checkpoints, 0);
  if (unsigned.length === 0 || signed > 0) return report;
  throw new SallyportError('verify_failed', `none of the ${unsigned.length} checkpoints is signed by this key, so nothing is proved`, {
    hint: 'is it the key of this gateway, and of this time? --key FILE names another; after a rotation the file holds one line for each key',
  });
}

/** A record without a single signature proves nothing: whoever removed all of them would pass. The gateway signs within seconds. */
function isSigned({ writers }: VerifyReport): boolean {
  return writers.length > 0 && writers.every(({ events, covered }) => events === 0 || covered > 0);
}

function reportLines({ writers, problems }: VerifyReport): readonly string[] {
  const logs = writers.map(({ writer, events, covered, notYetCovered, checkpoints, deleted }) => {
    const open = notYetCovered === 0 ? '' : `, ${notYetCovered} not yet covered`;
    const gone = deleted === 0 ? '' : `, of ${deleted} only the hash is left`;
    return `${writer}: ${events} events, ${covered} as signed${open}${gone} (${checkpoints} checkpoints)`;
  });
  const empty = writers.length === 0 ? ['there is no log in this record'] : [];
  return [...logs, ...empty, ...problems.map(problemLine)];
}

function problemLine({ writer, index, kind, message, segment, offset }: Problem): string {
  return `${writer}: ${kind} at event ${index} (${segment} byte ${offset}): ${message}`;
}
