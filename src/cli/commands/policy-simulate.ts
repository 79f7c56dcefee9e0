import { join } from 'node:path';
import { readRecordingKeys } from '../../audit/recording-keys.ts';
import { readCommands } from '../../audit/recorded-commands.ts';
import { SallyportError } from '../../core/error.ts';
import { RESOURCE_OPTIONS } from '../../gateway/policy.ts';
import { readDuration } from '../../policy/duration.ts';
import { loadResources } from '../../policy/resources.ts';
import { simulate, type SimulatedDifference, type SimulateReport } from '../../policy/simulate.ts';
import { compilePolicy } from '../../policy/snapshot.ts';
import { recall } from '../../protocols/registry.ts';
import { alignColumns } from '../columns.ts';
import type { Invocation } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { dataFolder, journalFolder } from '../record-files.ts';
import { withWrapping } from '../with-wrapping.ts';
import { resourcePath } from '../resource-path.ts';

export async function run(invocation: Invocation): Promise<ExitCode> {
  const { terminal, format, options } = invocation;
  const given = options['since'] ?? '30d';
  const span = readDuration(given);
  if (span === undefined) throw new SallyportError('usage', `--since ${given} is no time span`, { hint: 'such as 12h or 30d' });
  const snapshot = compilePolicy(await loadResources(await resourcePath(invocation), RESOURCE_OPTIONS));
  const data = dataFolder(invocation);
  const folder = await journalFolder(data);
  const report = await withWrapping(invocation, data, async (wrapping) => {
    const recording = await readRecordingKeys(join(data, 'keys'), wrapping);
    return simulate(snapshot, readCommands({ folder, recording, since: Date.now() - span }), recall);
  });
  if (format === 'json') terminal.json({ since: given, ...report });
  else for (const line of reportLines(report, given)) terminal.line(line);
  return EXIT.ok;
}

function reportLines({ commands, differing, skipped, counts, differences }: SimulateReport, since: string): readonly string[] {
  const left = skipped === 0 ? '' : `, ${skipped} not replayed`;
  return [
    ...alignColumns(differences.map(row)),
    ...(differences.length === 0 ? [] : ['']),
    ...alignColumns(Object.entries(counts).map(([change, count]) => [change, String(count)])),
    `${differing} of ${commands} decisions of the last ${since} would differ${left}`,
    ...(differences.some(({ uncertain }) => uncertain)
      ? ['? the record does not hold everything that was decided on: masked arguments, groups of the person behind an agent']
      : []),
  ];
}

function row({ subject, target, command, before, after, count, uncertain }: SimulatedDifference): readonly string[] {
  const change = `${before.effect} (${before.rule}) -> ${after.effect} (${after.rule})`;
  return [`${count}x`, subject, target, command, change, uncertain ? '?' : ''];
}
