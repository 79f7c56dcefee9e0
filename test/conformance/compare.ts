import type { Check } from './suite.ts';

/** One check that two runs do not agree on; `absent` where a run does not have it. */
export interface Difference {
  readonly check: string;
  readonly direct: string;
  readonly gateway: string;
}

/** Check by check: scenario, check id and status. The order within a run does not matter. */
export function compareChecks(direct: readonly Check[], gateway: readonly Check[]): Difference[] {
  const left = byName(direct);
  const right = byName(gateway);
  const names = [...new Set([...left.keys(), ...right.keys()])].toSorted();
  return names
    .map((check) => ({ check, direct: left.get(check) ?? 'absent', gateway: right.get(check) ?? 'absent' }))
    .filter((row) => row.direct !== row.gateway);
}

function byName(checks: readonly Check[]): Map<string, string> {
  return new Map(checks.map((check) => [`${check.scenario} / ${check.id} #${check.nth}`, check.status]));
}
