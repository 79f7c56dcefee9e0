import { join } from 'node:path';
import { rotateKey, rotateRecordingKey } from '../../audit/key-rotation.ts';
import type { Invocation } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { dataFolder, journalFolder } from '../record-files.ts';
import { withWrapping } from '../with-wrapping.ts';

export async function run(invocation: Invocation): Promise<ExitCode> {
  const { terminal, format, flags } = invocation;
  const data = dataFolder(invocation);
  const place = { folder: await journalFolder(data), keysFolder: join(data, 'keys') };
  const rotate = flags.has('recording') ? rotateRecordingKey : rotateKey;
  const made = (await withWrapping(invocation, data, (wrapping) => rotate({ ...place, ...(wrapping ? { wrapping } : {}) }))).trim();
  if (flags.has('recording')) {
    if (format === 'json') terminal.json({ recordingKey: made });
    else terminal.line(`payloads are sealed under recording key ${made} from here on; what was sealed before opens with the old ones, which stay beside it`);
  } else if (format === 'json') terminal.json({ publicKey: made });
  else {
    terminal.line('checkpoints are signed with a new key from here on; keep its public key where the old one is kept, beside it:');
    terminal.line(made);
  }
  return EXIT.ok;
}
