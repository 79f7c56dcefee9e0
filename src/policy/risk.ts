import type { Command } from '../core/command.ts';
import type { Risk, RiskFactor } from '../core/decision.ts';
import type { HistoryFactor } from '../core/history.ts';
import type { Subject } from '../core/subject.ts';
import { isUnknown } from '../core/glob.ts';

/**
 * Points by factor; a policy may set others. The highest base counts once, modifiers are added, the sum is kept in 0 to 100.
 * Only what is known from the command, its subject with its past, and its target: a server's own claims may raise and never lower.
 */
export const RISK_WEIGHTS = {
  unknown: 100,
  program: 95,
  privilege: 80,
  'server-access': 75,
  drop: 70,
  administration: 60,
  'destructive-tool': 55,
  alter: 55,
  delete: 50,
  'name-resolution': 50,
  update: 45,
  create: 45,
  insert: 40,
  tool: 40,
  setting: 35,
  'masked-read': 25,
  read: 5,
  'masked-value-used': 15,
  unbounded: 10,
  irreversible: 10,
  'several-statements': 5,
  'dynamic-code': 10,
  'suspicious-definition': 15,
  'cross-tool-reference': 5,
  'ai-agent': 10,
  'ci-workload': 5,
  production: 10,
  'regulated-data': 10,
  'open-world': 10,
  'first-time': 10,
  'unusual-rate': 10,
  'flagged-session': 10,
} as const satisfies Readonly<Record<string, number>>;

export type RiskFactorName = keyof typeof RISK_WEIGHTS;
export type RiskWeights = Readonly<Record<RiskFactorName, number>>;

const READS =
  /^(?:initialize|ping|logging\/setLevel|server\/discover|completion\/complete|notifications\/.*|subscriptions\/listen|roots\/list|(?:tools|resources|resources\/templates|prompts|tasks)\/(?:list|read|get|result|subscribe|unsubscribe))(?: |$)/;
const PRODUCTION = new Set(['prod', 'production']);
const ORDINARY_DATA = new Set(['public', 'internal', 'none', 'test', 'synthetic']);

/** What a command is weighed by beside itself. */
export interface RiskContext {
  readonly subject: Subject;
  readonly labels: Readonly<Record<string, string>>;
  readonly history?: readonly HistoryFactor[];
  readonly weights?: RiskWeights;
}

/** The same command by the same subject with the same past on the same target always scores the same. */
export function scoreRisk(command: Command, { subject, labels, history = [], weights = RISK_WEIGHTS }: RiskContext): Risk {
  const names: RiskFactorName[] = [heaviest(command, weights), ...modifiers(command, subject, labels), ...history];
  const factors: RiskFactor[] = [];
  let sum = 0;
  for (const name of names) {
    const points = weights[name];
    if (points === 0) continue;
    factors.push({ name, points });
    sum += points;
  }
  return { score: Math.min(100, sum), factors };
}

function heaviest(command: Command, weights: RiskWeights): RiskFactorName {
  if (command.risk) return heaviestOf(command.risk.bases.map(known), weights);
  let base: RiskFactorName = baseOf(command, command.effects[0] ?? command.name);
  for (const effect of command.effects) {
    const other = baseOf(command, effect);
    if (weights[other] > weights[base]) base = other;
  }
  return base;
}

function heaviestOf(names: readonly RiskFactorName[], weights: RiskWeights): RiskFactorName {
  return names.reduce((heavy, name) => (weights[name] > weights[heavy] ? name : heavy), names[0] ?? 'unknown');
}

/** A factor that nobody weighed is one that nobody knows. */
function known(name: string): RiskFactorName {
  // Own keys of the table are its names.
  return Object.hasOwn(RISK_WEIGHTS, name) ? (name as RiskFactorName) : 'unknown';
}

function baseOf(command: Command, effect: string): RiskFactorName {
  if (command.naming === 'literal' || effect === '' || isUnknown(effect)) return 'unknown';
  if (command.traits.destructive === true) return 'destructive-tool';
  if (command.naming === 'handshake' || command.traits.readOnly === true || READS.test(effect)) return 'read';
  return 'tool';
}

function modifiers(command: Command, subject: Subject, labels: Readonly<Record<string, string>>): RiskFactorName[] {
  const found: RiskFactorName[] = (command.risk?.modifiers ?? []).map(known);
  if (command.traits.openWorld === true) found.push('open-world');
  if (command.flags.includes('command-injection-pattern')) found.push('dynamic-code');
  if (command.flags.includes('hidden-characters') || command.flags.includes('instruction-like-text')) found.push('suspicious-definition');
  if (command.flags.includes('cross-tool-reference')) found.push('cross-tool-reference');
  if (subject.kind === 'ai-agent') found.push('ai-agent');
  if (subject.kind === 'workload') found.push('ci-workload');
  if (PRODUCTION.has((labels['env'] ?? '').toLowerCase())) found.push('production');
  const data = labels['data'];
  if (data !== undefined && !ORDINARY_DATA.has(data.toLowerCase())) found.push('regulated-data');
  return found;
}
