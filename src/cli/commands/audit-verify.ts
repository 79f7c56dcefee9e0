import { resolve } from 'node:path';
import { openBucketStore } from '../../audit/bucket-store.ts';
import { folderStore, verifyBucket } from '../../audit/verify-bucket.ts';
import { verifyDatabase } from '../../audit/verify-database.ts';
import { verifyLog, type Evidence, type Problem, type VerifyReport, type WriterReport } from '../../audit/verify.ts';
import { SallyportError } from '../../core/error.ts';
import { connectStorage } from '../../storage/storage.ts';
import { bucketAddress } from '../bucket-address.ts';
import { commandDeps } from '../command-deps.ts';
import type { Invocation } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { dataFolder, journalFolder, keptCheckpoints, publicKey } from '../record-files.ts';
import { witnessDemand } from '../witness-demand.ts';

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
  const [place] = invocation.arguments;
  const { database, bucket } = invocation.options;
  if ([place, database, bucket].filter((each) => each !== undefined).length > 1)
    throw new SallyportError('usage', 'a bucket, --database and --bucket exclude each other');
  const data = dataFolder(invocation);
  const folder = place === undefined && database === undefined && bucket === undefined ? await journalFolder(data) : undefined;
  const evidence = await evidenceOf(invocation, data);
  if (folder !== undefined) return knowingItsKey(await verifyLog({ folder, ...evidence }));
  if (bucket !== undefined) return knowingItsKey(await verifyBucket({ store: folderStore(resolve(bucket)), prefix: '', ...evidence }));
  return knowingItsKey(place === undefined ? await verifyDatabaseAt(database ?? '', evidence) : await verifyLiveBucket(place, invocation, evidence));
}

async function evidenceOf(invocation: Invocation, data: string): Promise<Evidence> {
  const key = await publicKey(invocation, data);
  const witnesses = witnessDemand(invocation);
  return { publicKey: key, checkpoints: await keptCheckpoints(invocation, key), ...(witnesses ? { witnesses } : {}) };
}

async function verifyDatabaseAt(url: string, evidence: Evidence): Promise<VerifyReport> {
  const storage = connectStorage({ url });
  try {
    return await verifyDatabase({ storage, ...evidence });
  } finally {
    await storage.close();
  }
}

async function verifyLiveBucket(place: string, invocation: Invocation, evidence: Evidence): Promise<VerifyReport> {
  const { settings, prefix } = bucketAddress(place, invocation);
  const store = openBucketStore({
    settings,
    prefix,
    deps: commandDeps(invocation),
  });
  try {
    return await verifyBucket({ store, prefix, ...evidence });
  } finally {
    await store.close();
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
  const empty = writers.length === 0 ? ['there is no log in this record'] : [];
  return [...writers.flatMap(writerLines), ...empty, ...problems.map(problemLine)];
}

function writerLines({ writer, events, covered, notYetCovered, checkpoints, deleted, cosigned }: WriterReport): readonly string[] {
  const open = notYetCovered === 0 ? '' : `, ${notYetCovered} not yet covered`;
  const gone = deleted === 0 ? '' : `, of ${deleted} only the hash is left`;
  const line = `${writer}: ${events} events, ${covered} as signed${open}${gone} (${checkpoints} checkpoints)`;
  if (!cosigned) return [line];
  const rest = events > cosigned.size ? `, ${events - cosigned.size} not yet` : '';
  const each = cosigned.witnesses.map(({ name, size }) => `${name} ${size}`).join(', ');
  return [line, `${writer}: ${cosigned.size} events cosigned by enough witnesses${rest} (${each})`];
}

function problemLine({ writer, index, kind, message, segment, offset }: Problem): string {
  return `${writer}: ${kind} at event ${index} (${segment} byte ${offset}): ${message}`;
}
