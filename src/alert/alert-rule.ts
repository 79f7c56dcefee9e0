import type { EventSubject } from '../core/event.ts';
import type { Target } from '../core/target.ts';
import type { AlertDocument, AlertEvent, AlertGrouping } from '../policy/alert-schema.ts';
import { readDuration } from '../policy/duration.ts';
import { compileGlob, foldCase, matchesGlob, type Glob } from '../core/glob.ts';
import { selectsTarget } from '../policy/selector.ts';
import type { Occurrence } from './occurrence.ts';

/** An alert, ready to be asked. */
export interface AlertRule {
  readonly document: AlertDocument;
  readonly windowMs: number;
  readonly coolDownMs: number;
  /** How much an occurrence adds to its group; 0 where the alert is not about it. */
  weigh(occurrence: Occurrence): number;
  /** What is counted apart. */
  group(occurrence: Occurrence): readonly GroupPart[];
}

export type GroupPart = readonly [by: AlertGrouping, value: string];

export function compileAlert(document: AlertDocument, targets: readonly Target[]): AlertRule {
  const { events, targets: selectors, subjects, rules, commands, detectors, window, coolDown, lag, by } = document;
  const wanted = new Set<AlertEvent>(events);
  const isOf = selectors ? selectorOf(selectors, targets) : () => true;
  const [ofRule, ofCommand, ofDetector] = [anyOf(rules), anyOf(commands?.map(foldCase)), anyOf(detectors)];
  const lagMs = readDuration(lag) ?? 0;

  return {
    document,
    windowMs: readDuration(window) ?? 0,
    coolDownMs: readDuration(coolDown) ?? 0,
    weigh(occurrence) {
      const { event, target, subject, rule, command, masks = [] } = occurrence;
      if (!wanted.has(event) || !isOf(target)) return 0;
      if (subjects && !isAmong(subjects, subject)) return 0;
      if (rules && !ofRule(rule ?? '')) return 0;
      if (commands && !ofCommand(foldCase(command ?? ''))) return 0;
      if (event === 'sink-lagging') return (occurrence.lagMs ?? 0) >= lagMs ? 1 : 0;
      if (event !== 'masked') return 1;
      return masks.filter(({ name }) => !detectors || ofDetector(name)).reduce((sum, { count }) => sum + count, 0);
    },
    group: (occurrence) => partsOf(occurrence.event === 'sink-lagging' && !by.includes('sink') ? [...by, 'sink'] : by, occurrence, ofDetector),
  };
}

/** By name also what is no target any more; labels are those of today. */
function selectorOf(selectors: NonNullable<AlertDocument['targets']>, targets: readonly Target[]): (target: string | undefined) => boolean {
  const listed = Array.isArray(selectors) ? selectors : [selectors];
  const named = anyOf(listed.filter((one) => typeof one === 'string'));
  const labelled = new Set(
    targets.filter((target) => selectsTarget({ targets: listed.filter((one) => typeof one !== 'string') }, target)).map(({ name }) => name),
  );
  return (target) => target !== undefined && (named(target) || labelled.has(target));
}

function anyOf(globs: readonly string[] | undefined): (text: string) => boolean {
  if (!globs) return () => true;
  const compiled: readonly Glob[] = globs.map(compileGlob);
  return (text) => compiled.some((glob) => matchesGlob(glob, text));
}

function isAmong(subjects: readonly string[], subject: EventSubject | undefined): boolean {
  if (!subject) return false;
  return subjects.some((one) => one === '*' || one === `${subject.kind}:${subject.name}` || subject.groups.some((group) => one === `group:${group}`));
}

const MAX_PART = 256;

function partsOf(by: readonly AlertGrouping[], occurrence: Occurrence, ofDetector: (name: string) => boolean): readonly GroupPart[] {
  return by.flatMap((one): GroupPart[] => {
    const value = valueOf(one, occurrence, ofDetector);
    return value === undefined || value === '' ? [] : [[one, value.slice(0, MAX_PART)]];
  });
}

function valueOf(
  by: AlertGrouping,
  { subject, target, address, rule, command, sink, masks = [] }: Occurrence,
  ofDetector: (name: string) => boolean,
): string | undefined {
  switch (by) {
    case 'subject':
      return subject && `${subject.kind}:${subject.name}`;
    case 'detector':
      return [...new Set(masks.map(({ name }) => name).filter(ofDetector))].toSorted().join(', ');
    case 'target':
      return target;
    case 'address':
      return address;
    case 'rule':
      return rule;
    case 'command':
      return command;
    case 'sink':
      return sink;
    default:
      return by satisfies never;
  }
}
