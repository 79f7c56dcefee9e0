import type { MaskOperator } from '../core/decision.ts';
import type { JsonPath } from './path.ts';

/** A path with what to do at its end. */
export interface PlaceRule {
  readonly path: JsonPath;
  readonly operator: MaskOperator;
}

/** How far one rule has come on the way from the root to a place. */
interface Progress {
  readonly rule: PlaceRule;
  readonly done: number;
}

/** Where the walk stands, seen from the rules. */
export type Place = readonly Progress[];

interface Arrival {
  /** The place of the member, for what is below it. */
  readonly place: Place;
  /** The rule whose path ends here. */
  readonly rule: PlaceRule | undefined;
}

export function rootPlace(rules: readonly PlaceRule[]): Place {
  return rules.map((rule) => ({ rule, done: 0 }));
}

/** A rule whose path is `$`: the whole payload. */
export function ruleAtRoot(place: Place): PlaceRule | undefined {
  return place.find(({ rule, done }) => done === rule.path.steps.length)?.rule;
}

/** Whether one step down leads to the same place and to no rule: so it is nearly everywhere below the root, where only `..` is left. */
export function staysBelow(place: Place, to: string | number): boolean {
  for (const { rule, done } of place) {
    const step = rule.path.steps[done];
    if (!step?.deep || step.name === undefined || step.name === to) return false;
  }
  return true;
}

/** One step down, to a member's name or an array's index. */
export function descend(place: Place, to: string | number): Arrival {
  let next: Progress[] | undefined;
  let kept = 0;
  let found: PlaceRule | undefined;
  for (const progress of place) {
    const step = progress.rule.path.steps[progress.done];
    if (step?.deep) kept += 1;
    if (!step || (step.name !== undefined && step.name !== to)) continue;
    next ??= [];
    if (progress.done + 1 === progress.rule.path.steps.length) found ??= progress.rule;
    else next.push({ rule: progress.rule, done: progress.done + 1 });
  }
  if (kept === place.length && (next === undefined || next.length === 0)) return { place, rule: found };
  const still = kept === 0 ? [] : place.filter(({ rule, done }) => rule.path.steps[done]?.deep);
  return { place: next ? [...still, ...next] : still, rule: found };
}

/** Both places: a JSON text inside a string is a payload of its own and a part of the one around it. */
export function joinPlaces(outer: Place, root: Place): Place {
  return outer.length === 0
    ? root
    : [...root, ...outer.filter((progress) => !root.some((other) => other.rule === progress.rule && other.done === progress.done))];
}
