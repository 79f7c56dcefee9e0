import type { LookupFunction } from 'node:net';
import type { Secret } from '../../core/secret.ts';
import type { SecretSource } from '../../core/credential-spec.ts';

/** What a kind gets from outside: this folder opens no other way to the world. */
export interface SinkDeps {
  /** Read for each batch, so that a secret can be rotated. */
  readonly readSecret: (source: SecretSource) => Promise<Secret>;
  /** Finds an address, and refuses one that may not be reached. */
  readonly lookup: LookupFunction;
  /** Whether an address that was written as numbers may be reached. */
  readonly mayReach: (address: string) => boolean;
  readonly now: () => number;
}
