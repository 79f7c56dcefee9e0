import { makeCommand, type Command, type CommandParts } from '../../core/command.ts';
import type { Analysis } from './sql/analysis.ts';
import { effectTexts } from './sql/effect.ts';

/** What is known of a statement when it is to be decided. */
export interface StatementParts {
  readonly text: string;
  readonly analysis: Analysis;
  /** Bound values as text, null for NULL; a value in binary form as `base64:...`. */
  readonly parameters?: readonly (string | null)[];
  /** Schemas in which names were looked up: what was approved is for these. */
  readonly searchPath?: readonly string[];
  /** Why masks do not let it run, whatever rules allow. */
  readonly objection?: string;
  /** Whether it gives or uses values that are masked for its caller. */
  readonly masked?: 'read' | 'used';
}

/**
 * A statement, or several in one message, as rules decide it: allowed if every effect is, refused or reviewed if one is.
 * Its name is that of the most severe effect.
 */
export function statementCommand({ text, analysis, parameters = [], searchPath = [], objection, masked }: StatementParts): Command {
  const parts = { ...sharedParts(analysis, masked), arguments: { statement: text, ...(parameters.length === 0 ? {} : { parameters }), searchPath } };
  return makeCommand(objection === undefined ? parts : { ...parts, objection });
}

type SharedParts = Omit<CommandParts, 'arguments' | 'objection'>;

const known = new WeakMap<Analysis, { readonly masked: StatementParts['masked']; readonly parts: SharedParts }>();

/** What texts of one analysis have in common: made once for all of them. */
function sharedParts(analysis: Analysis, masked: StatementParts['masked']): SharedParts {
  const before = known.get(analysis);
  if (before && before.masked === masked) return before.parts;
  const parts = makeShared(analysis, masked);
  known.set(analysis, { masked, parts });
  return parts;
}

function makeShared(analysis: Analysis, masked: StatementParts['masked']): SharedParts {
  const effects = analysis.effects.map(({ name }) => name);
  return {
    protocol: 'postgres',
    name: mostSevere(effects),
    naming: 'plain',
    effects,
    details: analysis.effects.flatMap((effect) => (effect.columns.length === 0 ? [] : effectTexts(effect))),
    flags: analysis.flags,
    risk: { bases: [...effects.map(riskOf), ...(masked ? ['masked-read'] : [])], modifiers: modifiersOf(analysis, effects, masked) },
    definition: analysis.dependencies.join('\n'),
  };
}

/** Which factor of risk an effect is, from the most severe down; the first pattern that fits counts. */
const RISKS: readonly (readonly [RegExp, string])[] = [
  [/^unknown\b/, 'unknown'],
  [/^protocol\b/, 'unknown'],
  [/^(?:exec\b|file:write)/, 'program'],
  [/^(?:priv\b|session:(?:role|authorization))/, 'privilege'],
  [/^(?:file|net)\b/, 'server-access'],
  [/^(?:ddl:drop|write:truncate)\b/, 'drop'],
  [/^(?:admin|func|call|dynamic|dos)\b/, 'administration'],
  [/^ddl:alter\b/, 'alter'],
  [/^write:delete\b/, 'delete'],
  [/^(?:session:search-path|parser-mode)/, 'name-resolution'],
  [/^write:(?:update|merge)\b/, 'update'],
  [/^(?:ddl|write:large-object)\b/, 'create'],
  [/^(?:write|lock)\b/, 'insert'],
  [/^session:show\b/, 'read'],
  [/^(?:session|notify|listen)\b/, 'setting'],
];

const rankOf = (effect: string): number => {
  const at = RISKS.findIndex(([pattern]) => pattern.test(effect));
  return at < 0 ? RISKS.length : at;
};

const riskOf = (effect: string): string => RISKS[rankOf(effect)]?.[1] ?? 'read';

function mostSevere(effects: readonly string[]): string {
  const [first = 'unknown', ...others] = effects;
  return others.reduce((most, effect) => (rankOf(effect) < rankOf(most) ? effect : most), first);
}

const IRREVERSIBLE = /^(?:ddl:drop|write:truncate|exec|file:write|net|notify|admin)\b/;

function modifiersOf({ flags }: Analysis, effects: readonly string[], masked: StatementParts['masked']): readonly string[] {
  return [
    ...(flags.includes('unbounded') ? ['unbounded'] : []),
    ...(effects.some((effect) => IRREVERSIBLE.test(effect)) ? ['irreversible'] : []),
    ...(effects.includes('dynamic') ? ['dynamic-code'] : []),
    ...(flags.includes('several-statements') && effects.some((effect) => riskOf(effect) !== 'read') ? ['several-statements'] : []),
    ...(masked === 'used' ? ['masked-value-used'] : []),
  ];
}
