import { alignColumns } from '../columns.ts';
import type { Invocation } from '../command.ts';
import { escapeText } from '../escape.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { connectSignedIn } from '../gateway-client.ts';
import { sinks, type SinkView } from '../views.ts';

export async function run(invocation: Invocation): Promise<ExitCode> {
  const { terminal, format } = invocation;
  const listed = await (await connectSignedIn(invocation)).get('/api/audit/sinks', sinks);
  if (format === 'json') terminal.json(listed);
  else {
    for (const line of alignColumns(listed.sinks.map(columnsOf))) terminal.line(line);
    for (const line of listed.sinks.flatMap(errorLines)) terminal.line(line);
  }
  return EXIT.ok;
}

function columnsOf({ name, kind, state, writers, lagEvents, lagSeconds, rejected, missed }: SinkView): readonly string[] {
  const [position, end] = [sum(writers.map((one) => one.position)), sum(writers.map((one) => one.end))];
  const late = lagEvents === 0 ? '' : `${lagEvents} behind, for ${lagSeconds < 10 ? lagSeconds.toFixed(1) : Math.round(lagSeconds)} s`;
  const lost = [...(rejected > 0 ? [`${rejected} refused`] : []), ...(missed > 0 ? [`${missed} missed`] : [])].join(', ');
  return [name, kind, state, `${position} of ${end} events`, late, lost];
}

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);

/** The last error, also where it is over: somebody may want to know why there was a delay. */
function errorLines({ name, lastError }: SinkView): readonly string[] {
  if (!lastError) return [];
  const { at, message, hint } = lastError;
  return [`${name}: last error at ${at}: ${escapeText(message)}`, ...(hint === undefined ? [] : [`${name}: hint: ${escapeText(hint)}`])];
}
