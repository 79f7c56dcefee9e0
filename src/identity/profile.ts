import type { Subject } from '../core/subject.ts';

/** Who came in by a door, as its provider says. */
export interface Profile {
  /** Of the provider: a subject has one issuer. */
  readonly issuer: string;
  /** Unique there, and never given to another. */
  readonly id: string;
  readonly name: string;
  readonly groups: readonly string[];
  /** What the provider calls this stay of the person, where it says so: it may end it. */
  readonly providerSession?: string;
}

export function personOf({ issuer, id, name, groups }: Profile): Subject {
  return { kind: 'person', issuer, id, name, groups };
}
