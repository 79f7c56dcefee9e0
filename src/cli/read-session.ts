import type { Invocation } from './command.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { connectSignedIn } from './gateway-client.ts';
import { recording, type RecordingView } from './views.ts';

/** Reads one recording, which is itself recorded. */
export async function readRecording(invocation: Invocation): Promise<RecordingView> {
  const gateway = await connectSignedIn(invocation);
  return gateway.get(`/api/sessions/${encodeURIComponent(invocation.arguments[0] ?? '')}`, recording);
}

/** Prints it as `present` says. */
export async function readSession(invocation: Invocation, present: (recording: RecordingView) => readonly string[]): Promise<ExitCode> {
  const { terminal, format } = invocation;
  const read = await readRecording(invocation);
  if (format === 'json') terminal.json(read);
  else for (const line of present(read)) terminal.line(line);
  return EXIT.ok;
}
