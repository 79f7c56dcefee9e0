import { SallyportError } from '../../core/error.ts';
import type { Invocation } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { connectSignedIn } from '../gateway-client.ts';
import type { Terminal } from '../terminal.ts';
import { nothing } from '../views.ts';

const MAX_BYTES = 32 * 1024;

/** Never an argument: those stand in histories and lists of processes. */
export async function run(invocation: Invocation): Promise<ExitCode> {
  const { terminal, flags, format } = invocation;
  const [name = ''] = invocation.arguments;
  const gateway = await connectSignedIn(invocation);
  const value = flags.has('value-stdin') ? await readValue(terminal) : await terminal.askSecret(`value of ${name}: `);
  const answer = await gateway.post('/api/secrets', { name, value }, nothing);
  if (format === 'json') terminal.json(answer);
  else terminal.line(`${name} is sealed`);
  return EXIT.ok;
}

async function readValue(terminal: Terminal): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of terminal.input()) {
    size += chunk.byteLength;
    if (size > MAX_BYTES) throw new SallyportError('usage', `standard input holds more than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks)
    .toString('utf8')
    .replace(/\r?\n$/, '');
}
