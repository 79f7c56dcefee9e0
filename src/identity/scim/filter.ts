import { isJsonObject, JsonNumber, type JsonValue } from '../../core/json.ts';
import { attributeOf } from './attributes.ts';
import { badRequest } from './scim-error.ts';

/** RFC 7644 3.4.2.2. */
export type Filter =
  | { readonly kind: 'and' | 'or'; readonly left: Filter; readonly right: Filter }
  | { readonly kind: 'not'; readonly inner: Filter }
  | { readonly kind: 'present'; readonly path: readonly string[] }
  | { readonly kind: 'compare'; readonly path: readonly string[]; readonly operator: Operator; readonly value: string | number | boolean | null }
  /** One element of a list of objects has to fit as a whole: `emails[type eq "work"]`. */
  | { readonly kind: 'element'; readonly path: readonly string[]; readonly inner: Filter };

type Operator = (typeof OPERATORS)[number];

const OPERATORS = ['eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le'] as const;
const MAX_LENGTH = 2048;
const MAX_TERMS = 50;
const MAX_DEPTH = 10;
const TOKEN = /\s*(?:([()[\]])|("(?:[^"\\\p{Cc}]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|([A-Za-z$][\w$:.-]*)|(-?\d{1,15}(?:\.\d{1,15})?))/uy;

/** Throws `usage` with `invalidFilter`. */
export function parseFilter(text: string): Filter {
  return new FilterParser(text).whole();
}

class FilterParser {
  readonly #tokens: readonly string[];
  #at = 0;
  #terms = 0;

  constructor(text: string) {
    if (text.length > MAX_LENGTH) throw invalid('is too long');
    this.#tokens = tokensOf(text);
  }

  whole(): Filter {
    const filter = this.#or(0);
    if (this.#at < this.#tokens.length) throw invalid('goes on where it should end');
    return filter;
  }

  #or(depth: number): Filter {
    let left = this.#and(depth);
    while (this.#word('or')) left = { kind: 'or', left, right: this.#and(depth) };
    return left;
  }

  #and(depth: number): Filter {
    let left = this.#term(depth);
    while (this.#word('and')) left = { kind: 'and', left, right: this.#term(depth) };
    return left;
  }

  #term(depth: number): Filter {
    this.#terms += 1;
    if (this.#terms > MAX_TERMS || depth > MAX_DEPTH) throw invalid('has too many parts');
    if (this.#symbol('(')) return this.#grouped(depth);
    if (this.#peek()?.toLowerCase() === 'not' && this.#tokens[this.#at + 1] === '(') {
      this.#at += 2;
      return { kind: 'not', inner: this.#grouped(depth) };
    }
    return this.#comparison(depth);
  }

  #grouped(depth: number): Filter {
    const inner = this.#or(depth + 1);
    if (!this.#symbol(')')) throw invalid('has a parenthesis that is not closed');
    return inner;
  }

  #comparison(depth: number): Filter {
    const path = pathOf(this.#next());
    if (this.#symbol('[')) {
      const inner = this.#or(depth + 1);
      if (!this.#symbol(']')) throw invalid('has a bracket that is not closed');
      return { kind: 'element', path, inner };
    }
    if (this.#word('pr')) return { kind: 'present', path };
    const operator = OPERATORS.find((one) => this.#word(one));
    if (!operator) throw invalid('has no operator where one is expected');
    return { kind: 'compare', path, operator, value: valueOf(this.#next()) };
  }

  #peek(): string | undefined {
    return this.#tokens[this.#at];
  }

  #next(): string {
    const token = this.#peek();
    if (token === undefined) throw invalid('ends too early');
    this.#at += 1;
    return token;
  }

  #word(word: string): boolean {
    return this.#symbol(this.#peek()?.toLowerCase() === word ? (this.#peek() ?? '') : undefined);
  }

  #symbol(symbol: string | undefined): boolean {
    if (symbol === undefined || this.#peek() !== symbol) return false;
    this.#at += 1;
    return true;
  }
}

function tokensOf(text: string): readonly string[] {
  const tokens: string[] = [];
  for (let at = 0; text.slice(at).trim() !== '';) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    if (!match) throw invalid('has something that does not belong there');
    tokens.push(match[0].trim());
    at = TOKEN.lastIndex;
  }
  return tokens;
}

const PATH = /^(?:urn:[a-z0-9:.-]+:)?([A-Za-z$][\w$-]*(?:\.[A-Za-z$][\w$-]*)?)$/i;

/** An attribute and perhaps a part of it; the URN of its schema is left out. */
export function pathOf(text: string): readonly string[] {
  const plain = PATH.exec(text)?.[1];
  if (plain === undefined) throw invalid('has something that is no attribute');
  return plain.split('.');
}

function valueOf(token: string): string | number | boolean | null {
  if (token.startsWith('"')) return JSON.parse(token) as string;
  if (/^-?\d/.test(token)) return Number(token);
  const word = token.toLowerCase();
  if (word === 'true' || word === 'false') return word === 'true';
  if (word === 'null') return null;
  throw invalid('compares with something that is no value');
}

const invalid = (what: string) => badRequest('invalidFilter', `the filter ${what}`);

/** Whether a resource, or an element of one of its lists, fits. */
export function matches(filter: Filter, resource: JsonValue): boolean {
  switch (filter.kind) {
    case 'and':
      return matches(filter.left, resource) && matches(filter.right, resource);
    case 'or':
      return matches(filter.left, resource) || matches(filter.right, resource);
    case 'not':
      return !matches(filter.inner, resource);
    case 'present':
      return valuesAt(resource, filter.path).some(isPresent);
    case 'element':
      return valuesAt(resource, filter.path).some((element) => matches(filter.inner, element));
    case 'compare':
      return compareAny(filter, valuesAt(resource, filter.path));
    default:
      return filter satisfies never;
  }
}

function compareAny({ operator, path, value }: Extract<Filter, { kind: 'compare' }>, found: readonly JsonValue[]): boolean {
  const read = /^(?:id|externalId)$/i.test(path.at(-1) ?? '') ? asItIs : inSmallLetters;
  if (operator === 'ne') return !found.some((one) => compare('eq', one, value, read));
  if (operator === 'eq' && value === null) return !found.some(isPresent);
  return found.some((one) => compare(operator, one, value, read));
}

/** How a text is read before it is compared: in any letters, but for identifiers. */
type ReadText = (text: string) => string;

const asItIs: ReadText = (text) => text;
const inSmallLetters: ReadText = (text) => text.toLowerCase();

function compare(operator: Exclude<Operator, 'ne'>, left: JsonValue, right: string | number | boolean | null, read: ReadText): boolean {
  const plain = left instanceof JsonNumber ? left.exact() : left;
  if (typeof plain === 'boolean') return operator === 'eq' && (plain === right || String(plain) === String(right).toLowerCase());
  if (typeof plain === 'number' && typeof right === 'number') return order(operator, plain - right);
  if (typeof plain !== 'string' || typeof right !== 'string') return false;
  const [a, b] = [read(plain), read(right)];
  if (operator === 'co') return a.includes(b);
  if (operator === 'sw') return a.startsWith(b);
  if (operator === 'ew') return a.endsWith(b);
  return order(operator, a === b ? 0 : a < b ? -1 : 1);
}

function order(operator: Exclude<Operator, 'ne'>, difference: number): boolean {
  if (operator === 'eq') return difference === 0;
  if (operator === 'gt') return difference > 0;
  if (operator === 'ge') return difference >= 0;
  if (operator === 'lt') return difference < 0;
  return operator === 'le' && difference <= 0;
}

/** What stands at a path, lists taken apart. */
function valuesAt(resource: JsonValue, path: readonly string[]): readonly JsonValue[] {
  let found: readonly JsonValue[] = [resource];
  for (const name of path) {
    found = found.flatMap((one) => {
      const value = isJsonObject(one) ? attributeOf(one, name) : undefined;
      return value === undefined ? [] : Array.isArray(value) ? (value as readonly JsonValue[]) : [value];
    });
  }
  return found;
}

const isPresent = (value: JsonValue): boolean => value !== null && value !== '';

/** The values of which a resource must have one, where the filter says so of this attribute: for looking it up instead of looking through all. */
export function equalTo(filter: Filter, attribute: string): string | undefined {
  if (filter.kind === 'and') return equalTo(filter.left, attribute) ?? equalTo(filter.right, attribute);
  if (filter.kind !== 'compare' || filter.operator !== 'eq' || typeof filter.value !== 'string') return undefined;
  return filter.path.length === 1 && filter.path[0]?.toLowerCase() === attribute.toLowerCase() ? filter.value : undefined;
}
