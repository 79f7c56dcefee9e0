import type { SinkDeps } from '../audit/sinks/deps.ts';
import { createCredentials } from '../credential/credential.ts';
import { createSecretReader } from '../credential/secret-reader.ts';
import { sinkDeps } from '../gateway/sink-deps.ts';
import type { Invocation } from './command.ts';

/** How a command that runs without a gateway gets to configured addresses, with secrets of its own environment. */
export function commandDeps({ terminal: { env } }: Pick<Invocation, 'terminal'>): SinkDeps {
  return sinkDeps(createCredentials({ secrets: createSecretReader({ env }) }).secret);
}
