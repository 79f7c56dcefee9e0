import type { SinkDeps } from '../audit/sinks/deps.ts';
import { readSecretSource, type Environment } from '../credential/credential.ts';
import { withinReach } from '../network/address.ts';
import { guardedLookup } from '../network/guarded-lookup.ts';

/** How whatever speaks of the record to a configured address gets there: by the guarded way out, with secrets of this environment. */
export function sinkDeps(env: Environment = process.env): SinkDeps {
  return {
    readSecret: (source) => readSecretSource(source, env),
    lookup: guardedLookup('configured'),
    mayReach: (address) => withinReach(address, 'configured'),
    now: Date.now,
  };
}
