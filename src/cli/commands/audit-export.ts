import { EXPORT_FORMATS } from '../../audit/export/format.ts';
import { SallyportError } from '../../core/error.ts';
import type { Invocation } from '../command.ts';
import { filterParameters } from '../event-filter.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { connectSignedIn } from '../gateway-client.ts';
import { createOutputFile, type OutputFile } from '../output-file.ts';

const PROGRESS_MS = 2_000;
const LINE_FEED = 10;

/** To a file that is complete or is not there, or to standard output; how far it is goes to standard error. */
export async function run(invocation: Invocation): Promise<ExitCode> {
  const { terminal, options, flags } = invocation;
  const query = filterParameters(options);
  const format = options['format'] ?? 'jsonl';
  if (!(EXPORT_FORMATS as readonly string[]).includes(format))
    throw new SallyportError('usage', `there is no format ${format}`, { hint: 'jsonl, csv or ocsf' });
  query.set('format', format);
  if (flags.has('content')) query.set('content', 'yes');
  if (options['text'] !== undefined) query.set('text', options['text']);
  const gateway = await connectSignedIn(invocation);
  const bytes = await gateway.open(`/api/audit/export?${query.toString()}`);
  const path = options['output'];
  if (path === undefined) await copy(invocation, bytes, { format, write: (chunk) => terminal.write(chunk) });
  else await copyToFile(invocation, bytes, { format, file: await createOutputFile(path), path });
  return EXIT.ok;
}

interface Destination {
  readonly format: string;
  write(bytes: Uint8Array): Promise<void>;
}

async function copyToFile(
  invocation: Invocation,
  bytes: AsyncIterable<Uint8Array>,
  { format, file, path }: { readonly format: string; readonly file: OutputFile; readonly path: string },
): Promise<void> {
  try {
    await copy(invocation, bytes, { format, write: (chunk) => file.write(chunk) });
    await file.finish();
    invocation.terminal.note(`written to ${path}`);
  } catch (error) {
    await file.abandon();
    throw error;
  }
}

async function copy({ terminal }: Invocation, bytes: AsyncIterable<Uint8Array>, { format, write }: Destination): Promise<void> {
  let [lines, size, told] = [format === 'csv' ? -1 : 0, 0, performance.now()];
  const progress = (): string => `${Math.max(0, lines)} events, ${(size / 1e6).toFixed(1)} MB`;
  for await (const chunk of bytes) {
    await write(chunk);
    for (const byte of chunk) if (byte === LINE_FEED) lines += 1;
    size += chunk.byteLength;
    if (performance.now() - told < PROGRESS_MS) continue;
    terminal.note(progress());
    told = performance.now();
  }
  terminal.note(progress());
}
