import type { SinkDeps } from '../audit/sinks/deps.ts';
import type { ReadSecretSource } from '../credential/secret-reader.ts';
import { withinReach } from '../network/address.ts';
import { guardedLookup } from '../network/guarded-lookup.ts';

/** How whatever speaks of the record to a configured address gets there: by the guarded way out, with secrets as they are read there. */
export function sinkDeps(readSecret: ReadSecretSource): SinkDeps {
  return {
    readSecret,
    lookup: guardedLookup('configured'),
    mayReach: (address) => withinReach(address, 'configured'),
    now: Date.now,
  };
}
