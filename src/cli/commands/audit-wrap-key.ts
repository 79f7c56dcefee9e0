import { join, resolve } from 'node:path';
import { wrapRecordingKeys } from '../../audit/recording-keys.ts';
import { vaultWrapping } from '../../audit/vault.ts';
import { SallyportError } from '../../core/error.ts';
import { readConfig } from '../../gateway/config.ts';
import { commandDeps } from '../command-deps.ts';
import type { Invocation } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';

export async function run(invocation: Invocation): Promise<ExitCode> {
  const { options, terminal, format } = invocation;
  const { data, audit } = await readConfig(resolve(options['config'] ?? 'sallyport.yaml'));
  if (!audit.vault) throw new SallyportError('config_invalid', 'the configuration names no key server', { hint: 'name one under audit.recordingKey' });
  const wrapping = vaultWrapping(audit.vault, commandDeps(invocation));
  try {
    await wrapRecordingKeys(join(data, 'keys'), wrapping);
  } finally {
    await wrapping.close();
  }
  if (format === 'json') terminal.json({ wrappedBy: wrapping.name });
  else terminal.line(`the recording key is wrapped by ${wrapping.name}; backups of an unwrapped one still open recordings`);
  return EXIT.ok;
}
