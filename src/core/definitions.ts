import type { Target } from './target.ts';

export type FindingKind = 'hidden-characters' | 'instruction-like-text' | 'cross-tool-reference';

/** Something in a definition that a person should see. */
export interface Finding {
  readonly kind: FindingKind;
  /** Where: `description`, `inputSchema.properties.m.enum[1]`. */
  readonly path: string;
  /** What: a code point, the beginning of the text, the name of the other tool. */
  readonly what: string;
}

/** A definition of something that callers rely on, as its target declares it now: a tool, what a server says of itself. */
export interface Declared {
  readonly name: string;
  readonly hash: string;
  /** What people will see of it; asked for only where the definition is new. */
  shown(): Promise<{ readonly definition: string; readonly findings: readonly Finding[] }>;
}

export interface Seen {
  readonly declared: readonly Declared[];
  /** Whether a list has come to its end with this. */
  readonly listEnded: boolean;
}

export type Standing =
  | { readonly kind: 'accepted'; readonly findings: readonly Finding[] }
  | {
      readonly kind: 'refused';
      readonly reason: string;
      readonly findings: readonly Finding[];
      /** Merely new or changed: people may let one call pass. */ readonly mayBeHeld: boolean;
    };

/** Which definitions of a target may be relied on: what a protocol asks on its data path. */
export interface Definitions {
  /** Takes in what a target declares, once: what is known already costs nothing. `open`: its first list has not ended yet. */
  learn(target: Target, seen: Seen): Promise<'open' | 'ended'>;
  /** Whether this definition may be listed and called. Of what `refresh` or `learn` brought. */
  standing(target: Target, name: string, hash: string): Standing;
  /** Looks for what other processes were told, not more often than each second. */
  refresh(target: Target): Promise<void>;
}
