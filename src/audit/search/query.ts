import { SallyportError } from '../../core/error.ts';
import { commandWord, fieldBeginning, fieldWord } from './fields.ts';
import { wordsOf } from './words.ts';

/** Which events. Everything that is given has to be so. */
export interface SearchFilter {
  /** Words, all of which are in the event or its payloads: `word`, `beginning*`, `-without`. */
  readonly text?: string;
  /** `alice`, or `person:alice`. */
  readonly subject?: string;
  readonly target?: string;
  /** Words of its name: `run_model`, `tools/call run_*`. */
  readonly command?: string;
  readonly rule?: string;
  readonly effect?: 'allow' | 'deny' | 'review';
  /** `command.refused`, or `approval` for all of them. */
  readonly kind?: string;
  readonly session?: string;
  /** Epoch milliseconds: from, and before. */
  readonly since?: number;
  readonly until?: number;
}

/** What the viewer may see at all: events of its own or of its sessions, and those of these targets. */
export type SearchScope =
  | {
      /** Core's `subjectKey`. */
      readonly viewer: string;
      readonly targets: readonly string[];
    }
  | 'everything';

interface Term {
  readonly word: string;
  readonly match: 'whole' | 'beginning';
}

/** In normal form: one of `any` (where it is empty, there is no such bound), all of `all`, and of none of `none` everything. */
export interface SearchExpression {
  readonly any: readonly Term[];
  readonly all: readonly Term[];
  readonly none: readonly (readonly Term[])[];
}

const MAX_WORDS = 32;

/** Throws `usage` for a text without a word to look for. */
export function searchExpression(filter: SearchFilter, scope: SearchScope): SearchExpression {
  const { text, subject, target, command, rule, effect, kind, session } = filter;
  const fields = { subject, target, rule, effect, kind, session };
  const asked = Object.entries(fields).flatMap(([field, value]) => (value === undefined ? [] : [whole(fieldWord(field as keyof typeof fields, value))]));
  const words = text === undefined ? { all: [], none: [] } : readText(text);
  const named = command === undefined ? [] : commandTerms(command);
  return {
    any: scope === 'everything' ? [] : [whole(fieldWord('viewer', scope.viewer)), ...scope.targets.map((name) => whole(fieldWord('target', name)))],
    all: [...asked, ...named, ...words.all],
    none: words.none,
  };
}

function readText(text: string): Pick<SearchExpression, 'all' | 'none'> {
  const pieces = text.split(/\s+/).filter((piece) => piece !== '');
  const all = pieces.filter((piece) => !piece.startsWith('-')).flatMap(terms);
  const none = pieces.filter((piece) => piece.startsWith('-')).map((piece) => terms(piece.slice(1)));
  const count = all.length + none.flat().length;
  if (count === 0) throw new SallyportError('usage', 'there is no word in this text to look for', { hint: 'letters and digits are looked for' });
  if (count > MAX_WORDS) throw new SallyportError('usage', `at most ${MAX_WORDS} words can be looked for at once`);
  return { all, none: none.filter((group) => group.length > 0) };
}

function commandTerms(command: string): readonly Term[] {
  const found = command.split(/\s+/).flatMap(terms);
  if (found.length === 0) throw new SallyportError('usage', 'there is no word in this name of a command');
  if (found.length > MAX_WORDS) throw new SallyportError('usage', `at most ${MAX_WORDS} words of a command's name can be looked for`);
  return found.map(({ word, match }) => ({ word: commandWord(word), match }));
}

/** `churn-serving*` is two words, the last of which begins so. */
function terms(piece: string): readonly Term[] {
  const words = wordsOf(piece);
  const last = words.length - 1;
  return words.map((word, at) => ({ word, match: at === last && piece.endsWith('*') ? 'beginning' : 'whole' }));
}

/** Every event has a kind. */
const ANY_EVENT: Term = { word: fieldBeginning('kind'), match: 'beginning' };

const whole = (word: string): Term => ({ word, match: 'whole' });

/** As PostgreSQL reads a `tsquery`. Words hold no quote and no backslash. */
export function asTsquery({ any, all, none }: SearchExpression): string {
  const bound = any.length > 0 ? [`(${any.map(tsTerm).join(' | ')})`] : all.length === 0 ? [tsTerm(ANY_EVENT)] : [];
  return [...bound, ...tsParts({ all, none })].join(' & ');
}

/** More owned targets than this are most of what there is: looking up all their events is no help. */
const FEW = 2;

/** What is worth looking up in an index; the rest is a matter of looking at what was found. */
export function asLookup({ any, all, none }: SearchExpression): string {
  return all.length === 0 || any.length <= FEW ? asTsquery({ any, all, none }) : tsParts({ all, none }).join(' & ');
}

const tsTerm = ({ word, match }: Term): string => `'${word}'${match === 'beginning' ? ':*' : ''}`;

function tsParts({ all, none }: Pick<SearchExpression, 'all' | 'none'>): readonly string[] {
  return [...all.map(tsTerm), ...none.map((group) => `!(${group.map(tsTerm).join(' & ')})`)];
}

/** As FTS5 reads a `MATCH`. Words hold no quote. */
export function asFtsMatch({ any, all, none }: SearchExpression): string {
  const term = ({ word, match }: Term): string => `"${word}"${match === 'beginning' ? '*' : ''}`;
  const and = (terms: readonly Term[]): string => `(${terms.map(term).join(' AND ')})`;
  const bound = any.length > 0 ? [`(${any.map(term).join(' OR ')})`] : all.length === 0 ? [term(ANY_EVENT)] : [];
  const wanted = [...bound, ...all.map(term)].join(' AND ');
  return none.reduce((sofar, group) => `(${sofar}) NOT ${and(group)}`, wanted);
}
