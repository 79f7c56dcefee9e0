import { join } from 'node:path';
import { rotateKey } from '../../audit/key-rotation.ts';
import type { Invocation } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { dataFolder, journalFolder } from '../record-files.ts';

export async function run(invocation: Invocation): Promise<ExitCode> {
  const { terminal, format } = invocation;
  const data = dataFolder(invocation);
  const folder = await journalFolder(data);
  const line = (await rotateKey({ folder, keysFolder: join(data, 'keys') })).trim();
  if (format === 'json') terminal.json({ publicKey: line });
  else {
    terminal.line('checkpoints are signed with a new key from here on; keep its public key where the old one is kept, beside it:');
    terminal.line(line);
  }
  return EXIT.ok;
}
