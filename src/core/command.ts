import { hash } from 'node:crypto';
import { canonicalJson } from './canonical.ts';
import type { JsonValue } from './json.ts';

/** What the command does, as far as its protocol can tell; feeds risk. */
export interface Traits {
  readonly readOnly?: boolean;
  readonly destructive?: boolean;
  readonly openWorld?: boolean;
}

/**
 * One thing asked of a target, in the form that is decided, shown to approvers, recorded and forwarded.
 * `name` is what policy patterns match (`tools/call run_model`); a command with several effects has several.
 */
export interface Command {
  readonly protocol: string;
  readonly name: string;
  readonly effects: readonly string[];
  /** More names that rules may refuse or review a part of it by, such as a column; nothing has to allow them. */
  readonly details?: readonly string[];
  /**
   * How rules may name it. `plain`: any pattern. `literal`: only a pattern whose first word has no `*`
   * (unknown methods, and requests that a server makes of its client). `handshake`: allowed to whoever may reach
   * the target, unless a rule denies it.
   */
  readonly naming: 'plain' | 'literal' | 'handshake';
  readonly arguments: JsonValue;
  /**
   * What the caller sends beside the arguments and the target acts on: answers to what it asked, the state that it gave
   * out, headers that no definition declares. Absent where there is none.
   */
  readonly input?: JsonValue;
  /** RFC 8785 text of {protocol, name, arguments, input}: whatever decides what runs. */
  readonly canonical: string;
  /** SHA-256 of `canonical`, hex. */
  readonly digest: string;
  /** Observations that go into the record and may raise the risk, e.g. `command-injection-pattern`. */
  readonly flags: readonly string[];
  readonly traits: Traits;
  /** Factors of its risk by name, where its protocol tells them: the heaviest of `bases` counts, all `modifiers` are added. */
  readonly risk?: { readonly bases: readonly string[]; readonly modifiers: readonly string[] };
  /** Hash of the tool's pinned definition; empty where there is none. */
  readonly definition: string;
  /** Why it is refused even where the policy allows it: an unknown tool, arguments that its schema does not take. */
  readonly objection?: string;
  /** Why what it calls may not be relied on yet, and what becomes of it where rules allow it: nobody accepted the definition of the tool. */
  readonly quarantine?: { readonly answer: 'deny' | 'review'; readonly reason: string };
}

export type CommandParts = Pick<Command, 'protocol' | 'name' | 'naming' | 'arguments'> &
  Partial<Pick<Command, 'input' | 'effects' | 'details' | 'risk' | 'flags' | 'traits' | 'definition' | 'objection' | 'quarantine'>>;

export function makeCommand(parts: CommandParts): Command {
  const { protocol, name, arguments: args, input } = parts;
  const canonical = canonicalJson({ protocol, name, arguments: args, ...(input === undefined ? {} : { input }) });
  const { effects = [name], flags = [], traits = {}, definition = '' } = parts;
  return { ...parts, effects, flags, traits, definition, canonical, digest: hash('sha256', canonical, 'hex') };
}
