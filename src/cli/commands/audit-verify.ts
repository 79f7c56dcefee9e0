import { readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { verifyLog, type VerifyReport } from '../../audit/verify.ts';
import { SallyportError } from '../../core/error.ts';
import type { Invocation } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';

export async function run({ terminal, options, format }: Invocation): Promise<ExitCode> {
  const data = resolve(options['data'] ?? terminal.env['SALLYPORT_DATA'] ?? '.sallyport');
  const folder = join(data, 'journal');
  if (!(await stat(folder).catch(() => undefined)))
    throw new SallyportError('not_found', `there is no record in ${data}`, { hint: "name the gateway's data folder with --data DIR" });
  const publicKey = await readText(options['key'] ?? join(data, 'keys/checkpoint.pub'));
  const kept = options['checkpoint'];
  const report = await verifyLog({ folder, publicKey, ...(kept === undefined ? {} : { checkpoints: [await readText(kept)] }) });
  const proved = report.ok && isSigned(report);
  if (format === 'json') terminal.json({ ...report, ok: proved });
  else
    for (const line of [...reportLines(report), proved ? 'the record is as it was signed, as far as it is covered' : 'the record is NOT proved'])
      terminal.line(line);
  return proved ? EXIT.ok : EXIT.unverified;
}

/** A record without a single signature proves nothing: whoever removed all of them would pass. The gateway signs within seconds. */
function isSigned({ writers }: VerifyReport): boolean {
  return writers.length > 0 && writers.every(({ events, covered }) => events === 0 || covered > 0);
}

async function readText(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((cause: unknown) => {
    throw new SallyportError('not_found', `${file} cannot be read`, { cause, hint: 'name a file that is there, and that you may read' });
  });
}

function reportLines({ writers, problems }: VerifyReport): readonly string[] {
  const logs = writers.map(({ writer, events, covered, notYetCovered, checkpoints }) => {
    const open = notYetCovered === 0 ? '' : `, ${notYetCovered} not yet covered`;
    return `${writer}: ${events} events, ${covered} as signed${open} (${checkpoints} checkpoints)`;
  });
  const wrong = problems.map(
    ({ writer, index, kind, message, segment, offset }) => `${writer}: ${kind} at event ${index} (${segment} byte ${offset}): ${message}`,
  );
  const empty = writers.length === 0 ? ['there is no log in this record'] : [];
  return [...logs, ...empty, ...wrong];
}
