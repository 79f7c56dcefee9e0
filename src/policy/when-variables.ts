import type { Command } from '../core/command.ts';
import { isJsonArray, isJsonObject, JsonNumber, type JsonObject, type JsonValue } from '../core/json.ts';
import type { Session } from '../core/session.ts';
import type { Subject } from '../core/subject.ts';

/** What an expression is asked about. */
export interface WhenQuestion {
  readonly session: Session;
  /** The caller, or the one it acts for. */
  readonly subject: Subject;
  readonly command: Command;
  readonly risk: number;
  readonly now: Date;
  /** Kinds of values in the command's arguments; absent where nobody can tell. */
  readonly detected?: () => ReadonlySet<string>;
}

/** The variables of one question; made once and shared by all its rules. Each is made when an expression asks for it: most ask for one or two. */
export class WhenVariables {
  readonly #question: WhenQuestion;
  #args: CelMap | undefined;

  constructor(question: WhenQuestion) {
    this.#question = question;
  }

  get subject(): object {
    const { id, name, kind, groups, issuer } = this.#question.subject;
    return { id, name, kind, groups: [...groups], issuer };
  }

  get target(): object {
    const { name, labels } = this.#question.session.target;
    return { name, labels: new Map(Object.entries(labels)) };
  }

  get command(): object {
    return { name: this.#question.command.name };
  }

  get args(): CelMap {
    const { arguments: args } = this.#question.command;
    return (this.#args ??= isJsonObject(args) ? toMap(args, 0) : new Map());
  }

  /** Looked for only where an expression asks; undefined is an error, so the rule fails closed. */
  get detected(): readonly string[] | undefined {
    const { detected } = this.#question;
    return detected && [...detected()];
  }

  get risk(): bigint {
    return BigInt(this.#question.risk);
  }

  get time(): Date {
    return this.#question.now;
  }

  get client(): object {
    const { address, userAgent, id } = this.#question.session.client;
    return { address, userAgent, id };
  }
}

type CelMap = ReadonlyMap<string, unknown>;

const MAX_STRING = 1 << 16;
const MAX_LIST = 10_000;
const MAX_DEPTH = 64;

/**
 * A value that an expression may not use: a number that a double cannot hold, or something too big. Touching it is an
 * error, so its rule fails closed. A list or mapping inside `args` that holds one is one, for CEL's `in` and `==` would
 * otherwise step over it as merely unequal.
 */
class Unusable {
  readonly why = 'too big, or not exact';
}
const UNUSABLE = new Unusable();

/** JSON as CEL sees it: maps instead of objects, so that nothing inherited is ever a member. */
function toCel(value: JsonValue, depth: number): unknown {
  if (typeof value === 'string') return value.length > MAX_STRING ? UNUSABLE : value;
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof JsonNumber) return value.exact() ?? UNUSABLE;
  if (depth > MAX_DEPTH) return UNUSABLE;
  if (!isJsonArray(value)) {
    const map = toMap(value, depth);
    return map.size > MAX_LIST || map.values().some(isUnusable) ? UNUSABLE : map;
  }
  if (value.length > MAX_LIST) return UNUSABLE;
  const items = value.map((item) => toCel(item, depth + 1));
  return items.some(isUnusable) ? UNUSABLE : items;
}

function toMap(object: JsonObject, depth: number): CelMap {
  const map = new Map<string, unknown>();
  for (const key of Object.keys(object)) map.set(key, toCel(object[key] ?? null, depth + 1));
  return map;
}

const isUnusable = (value: unknown): boolean => value === UNUSABLE;
