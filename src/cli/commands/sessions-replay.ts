import { setTimeout } from 'node:timers/promises';
import type { Invocation } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { readRecording } from '../read-session.ts';
import { readSpeed, replayPauses } from '../replay-pace.ts';
import { replayEventLines, sessionHead } from '../session-text.ts';

const LONGEST_MS = 3_000;

/** In a terminal as fast as it was, elsewhere at once. */
export async function run(invocation: Invocation): Promise<ExitCode> {
  const { terminal, options, format } = invocation;
  const speed = readSpeed(options['speed'] ?? (terminal.isScreen ? '1' : 'instant'));
  const recording = await readRecording(invocation);
  if (format === 'json') {
    terminal.json(recording);
    return EXIT.ok;
  }
  const { session, events } = recording;
  for (const line of [...sessionHead(session), '']) terminal.line(line);
  const since = Date.parse(session.openedAt);
  const pauses = replayPauses(
    events.map(({ event }) => Date.parse(event.time)),
    { speed, longestMs: LONGEST_MS },
  );
  for (const [at, recorded] of events.entries()) {
    const { waitMs = 0, insteadOfMs } = pauses[at] ?? {};
    if (insteadOfMs !== undefined) terminal.note(`... ${(insteadOfMs / 1000).toFixed(1)} s pass`);
    if (waitMs > 0) await setTimeout(waitMs);
    for (const line of replayEventLines(recorded, since)) terminal.line(line);
  }
  return EXIT.ok;
}
