import { hasWords } from '../text/filter.ts';
import type { ReplayStep } from './sessions.ts';

/** One command's life in the order it was recorded: held, answered, forwarded, replied; or a lone event of the session. */
export interface ReplayEntry {
  readonly id: string;
  readonly command: string | undefined;
  readonly steps: readonly ReplayStep[];
  readonly outcome: ReplayOutcome;
  readonly masked: number;
}

export type ReplayOutcome = 'replied' | 'target-error' | 'refused' | 'held' | 'failed' | 'open' | 'note';

/** Outcomes join their intent, and everything about one approval joins the command that it held. Entries stand where they began. */
export function groupReplay(steps: readonly ReplayStep[]): readonly ReplayEntry[] {
  const groups: { steps: ReplayStep[] }[] = [];
  const byKey = new Map<string, { steps: ReplayStep[] }>();
  for (const step of steps) {
    const keys = keysOf(step);
    let group = keys.map((key) => byKey.get(key)).find((known) => known !== undefined);
    if (group === undefined) groups.push((group = { steps: [] }));
    group.steps.push(step);
    for (const key of keys) byKey.set(key, group);
  }
  return groups.map(({ steps: members }) => entryOf(members));
}

/** Every word of the filter is somewhere in the entry. */
export function entryMatches(entry: ReplayEntry, filter: string): boolean {
  if (filter.trim() === '') return true;
  return hasWords(
    entry.steps.flatMap(({ event, bodies }) => [JSON.stringify(event), ...bodies.map((body) => body.text)]),
    filter,
  );
}

/** Entries as far as these events go; one that had not begun is not there. It keeps its id, whatever became of it later. */
export function entriesUntil(entries: readonly ReplayEntry[], seen: ReadonlySet<string>): readonly ReplayEntry[] {
  return entries.flatMap((entry) => {
    const steps = entry.steps.filter(({ event }) => seen.has(event.id));
    if (steps.length === entry.steps.length) return [entry];
    return steps.length === 0 ? [] : [entryOf(steps)];
  });
}

function keysOf({ event }: ReplayStep): readonly string[] {
  return [event.intent ?? event.id, ...(event.approval === undefined ? [] : [event.approval])];
}

function entryOf(steps: readonly ReplayStep[]): ReplayEntry {
  const named = steps.find(({ event }) => event.command !== undefined);
  const masks = steps.flatMap(({ event }) => event.masks ?? []);
  return {
    id: steps[0]?.event.id ?? '',
    command: named?.event.command?.name,
    steps,
    outcome: outcomeOf(steps),
    masked: masks.reduce((sum, mask) => sum + mask.count, 0),
  };
}

function outcomeOf(steps: readonly ReplayStep[]): ReplayOutcome {
  const last = steps.findLast(({ event }) => /^(?:reply\.|command\.)/.test(event.kind))?.event;
  if (last === undefined) return steps.some(({ event }) => event.kind.startsWith('approval.')) ? 'held' : 'note';
  if (last.kind === 'reply.received') return last.outcome?.status === 'error' ? 'target-error' : 'replied';
  if (last.kind === 'command.failed') return 'failed';
  if (last.kind === 'command.refused') return last.decision?.effect === 'review' ? 'held' : 'refused';
  return 'open';
}
