import type { TransactionStmtKind, VariableSetStmt } from 'libpg-query';
import { nameOf } from '../catalog/catalog.ts';
import { detail } from '../effect.ts';
import type { Resolver } from '../resolve/resolver.ts';
import { settingChanged, settingShown } from '../settings.ts';
import { bodyOf, constantOf } from '../tree.ts';
import { BLANK } from '../value.ts';
import type { StatementHandlers } from './handler.ts';

/** Statements about the session itself: settings, transactions, locks, channels. */
export const SESSION: StatementHandlers = {
  VariableSetStmt: setVariable,
  VariableShowStmt: ({ findings }, { name = '' }) => {
    settingShown(findings, name);
    return [{ name, value: BLANK }];
  },
  TransactionStmt: ({ findings }, { kind = 'TRANS_STMT_BEGIN' }) => {
    findings.effect(TWO_PHASE.has(kind) ? 'session:two-phase' : `transaction:${kind.slice('TRANS_STMT_'.length).toLowerCase().replaceAll('_', '-')}`);
    const change = CHANGES[kind];
    if (change) findings.changes.push({ kind: change });
  },
  DiscardStmt: ({ findings }, { target = 'DISCARD_ALL' }) => {
    findings.effect('session:discard');
    if (target === 'DISCARD_ALL' || target === 'DISCARD_TEMP') findings.changes.push({ kind: 'names-lost' });
    if (target === 'DISCARD_ALL') resetAll(findings);
    if (target === 'DISCARD_ALL') findings.changes.push({ kind: 'deallocate', name: undefined }, { kind: 'close', name: undefined });
  },
  ListenStmt: ({ findings }, { conditionname = '' }) => findings.effect(`listen[${detail(conditionname)}]`),
  UnlistenStmt: ({ findings }) => findings.effect('listen'),
  NotifyStmt: ({ findings }) => findings.effect('notify'),
  ConstraintsSetStmt: ({ findings }) => findings.effect('transaction:constraints'),
  LockStmt: (resolver, { relations }) => {
    for (const node of relations ?? []) {
      const reference = bodyOf(node, 'RangeVar');
      const relation = reference && resolver.relation(reference);
      if (!relation) continue;
      resolver.findings.touch(relation);
      resolver.findings.effect(`lock:${detail(nameOf(relation))}`);
    }
  },
  LoadStmt: ({ findings }, { filename = '' }) => {
    findings.effect('exec:load');
    findings.effect(`file:read:${detail(filename)}`);
  },
};

const TWO_PHASE: ReadonlySet<TransactionStmtKind> = new Set(['TRANS_STMT_PREPARE', 'TRANS_STMT_COMMIT_PREPARED', 'TRANS_STMT_ROLLBACK_PREPARED']);

const CHANGES: Readonly<Partial<Record<TransactionStmtKind, 'begin' | 'commit' | 'rollback'>>> = {
  TRANS_STMT_BEGIN: 'begin',
  TRANS_STMT_START: 'begin',
  TRANS_STMT_COMMIT: 'commit',
  TRANS_STMT_ROLLBACK: 'rollback',
  TRANS_STMT_ROLLBACK_TO: 'rollback',
  TRANS_STMT_PREPARE: 'commit',
};

function setVariable(resolver: Resolver, { kind, name = '', args = [], is_local }: VariableSetStmt): void {
  const { findings } = resolver;
  if (kind === 'VAR_RESET_ALL') {
    findings.effect('session:reset');
    return resetAll(findings);
  }
  if (kind === 'VAR_SET_MULTI') return setSeveral(resolver, name);
  const texts = args.map((node) => constantOf(node) ?? constantOf(bodyOf(node, 'TypeCast')?.arg));
  const value = kind === 'VAR_SET_VALUE' && texts.every((text) => text !== undefined) ? texts.join(', ') : undefined;
  settingChanged(findings, name, value, kind === 'VAR_SET_VALUE' && value === undefined ? 'computed' : 'known');
  if (name.toLowerCase() === 'search_path') pathChanged(resolver, kind === 'VAR_SET_VALUE' ? texts : undefined, is_local === true ? 'transaction' : 'session');
}

/** Only schemas that exist are on the path; `$user` is one if it does. */
function pathChanged({ catalog, findings, namespace }: Resolver, texts: readonly (string | undefined)[] | undefined, until: 'session' | 'transaction'): void {
  const schemas = texts?.map((text) => (text === '$user' ? namespace.user : text));
  const path = schemas?.every((schema) => schema !== undefined) ? schemas.filter((schema) => catalog.hasSchema(schema)) : undefined;
  findings.changes.push({ kind: 'search-path', path, until });
}

function setSeveral({ findings }: Resolver, name: string): void {
  if (name === 'TRANSACTION SNAPSHOT') return findings.effect('session:snapshot');
  if (name === 'TRANSACTION') return findings.effect('transaction:characteristics');
  findings.effect('session:setting[default_transaction]');
}

function resetAll(findings: Resolver['findings']): void {
  findings.effect('session:setting[*]');
  findings.changes.push({ kind: 'search-path', path: undefined, until: 'session' });
}
