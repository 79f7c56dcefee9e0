import type { Command } from '../../core/command.ts';
import type { MaskRule } from '../../core/decision.ts';
import { statementCommand } from './command.ts';
import type { Database } from './database.ts';
import type { Analysis } from './sql/analysis.ts';
import type { Catalog } from './sql/catalog/catalog.ts';
import { maskVerdict, type ColumnMasks, type MaskVerdict } from './sql/mask-verdict.ts';
import { hasTooManyNames, MAX_NAMES, type Namespace } from './sql/namespace.ts';
import { copyFormat, type CopyFormat } from './copy-format.ts';

export interface Question {
  readonly text: string;
  readonly parameters?: readonly (string | null)[];
  readonly parameterTypes?: readonly number[];
}

/** Where a statement is sent: what its names mean, and what is masked for whoever sends it. */
export interface Surroundings {
  readonly database: Database;
  readonly catalog: Catalog;
  readonly namespace: Namespace;
  readonly masks: readonly MaskRule[];
}

export interface Understood {
  readonly command: Command;
  readonly analysis: Analysis;
  readonly verdict: MaskVerdict;
  /** All that is masked for this subject, in this database. */
  readonly masks: ColumnMasks;
  /** How each statement that is a masked `COPY ... TO STDOUT` writes its rows; by its place. */
  readonly copies: ReadonlyMap<number, CopyFormat>;
}

/** What masks say of an analysis: the same for all texts that share it. */
interface Judged {
  readonly masks: ColumnMasks;
  readonly verdict: MaskVerdict;
  readonly masked: 'used' | 'read' | undefined;
}

const judgements = new WeakMap<Analysis, Judged>();

/** What a statement would do, as rules and masks see it. Nothing is sent. */
export function understand(question: Question, { database, catalog, namespace, masks: rules }: Surroundings): Understood {
  const { text, parameters, parameterTypes } = question;
  const { grammar } = database;
  const analysis = database.analyses.analyse(text, {
    grammar,
    catalog,
    namespace,
    ...(parameters ? { parameters } : {}),
    ...(parameterTypes?.length ? { parameterTypes } : {}),
  });
  const masks = database.masks(rules, catalog);
  const { verdict, masked } = judge(analysis, masks);
  const copies = copiesOf(question, analysis, verdict, database);
  const objection =
    copies === 'unreadable'
      ? 'a COPY in a form whose masked columns cannot be found'
      : verdict.kind === 'refused'
        ? verdict.reason
        : tooManyNames(analysis, namespace);
  const command = statementCommand({
    text,
    analysis,
    ...(parameters ? { parameters } : {}),
    searchPath: namespace.searchPath ?? [],
    ...(objection === undefined ? {} : { objection }),
    ...(masked ? { masked } : {}),
  });
  return { command, analysis, verdict, masks, copies: copies === 'unreadable' ? new Map() : copies };
}

function tooManyNames({ statements }: Analysis, namespace: Namespace): string | undefined {
  if (!hasTooManyNames(namespace)) return undefined;
  const names = statements.some(({ changes }) => changes.some(({ kind }) => kind === 'prepare' || kind === 'declare'));
  return names ? `more than ${MAX_NAMES} prepared statements and cursors in one session: DEALLOCATE or CLOSE those that are not needed any more` : undefined;
}

function judge(analysis: Analysis, masks: ColumnMasks): Judged {
  const known = judgements.get(analysis);
  if (known?.masks === masks) return known;
  const verdict = maskVerdict(analysis, masks);
  const judged = { masks, verdict, masked: maskedBy(analysis, verdict, masks) };
  judgements.set(analysis, judged);
  return judged;
}

function maskedBy({ uses }: Analysis, verdict: MaskVerdict, { columns }: ColumnMasks): 'used' | 'read' | undefined {
  if (verdict.kind === 'refused') return undefined;
  if (uses.some(({ origins }) => [...origins].some((origin) => columns.has(origin)))) return 'used';
  return verdict.statements.some((statement) => statement.some((mask) => mask !== undefined)) ? 'read' : undefined;
}

const NONE: ReadonlyMap<number, CopyFormat> = new Map();

function copiesOf({ text }: Question, { statements }: Analysis, verdict: MaskVerdict, { grammar }: Database): ReadonlyMap<number, CopyFormat> | 'unreadable' {
  if (verdict.kind === 'refused') return NONE;
  const masked = statements.flatMap(({ kind }, at) => (kind === 'CopyStmt' && verdict.statements[at]?.some((mask) => mask !== undefined) ? [at] : []));
  if (masked.length === 0) return NONE;
  const formats = new Map<number, CopyFormat>();
  for (const at of masked) {
    const format = copyFormat(grammar, text, at);
    if (!format) return 'unreadable';
    formats.set(at, format);
  }
  return formats;
}
