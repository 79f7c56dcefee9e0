import type { Finding } from '../../core/definitions.ts';
import { latestOf, type Pin } from '../../protocols/mcp/pins/pin.ts';
import { differences, type Difference } from '../../protocols/mcp/pins/difference.ts';

/** One tool of a target as its owners see it. Times are RFC 3339. */
export interface ToolView {
  readonly name: string;
  readonly status: Pin['status'];
  readonly hash: string;
  readonly seenAt: string;
  readonly findings: readonly Finding[];
  /** As the server declares it now: hidden characters spelled out, secrets masked. */
  readonly definition: unknown;
  readonly decided?: { readonly by: string; readonly at: string };
  /** What was pinned before, where that is something else. */
  readonly pinned?: { readonly hash: string; readonly definition: unknown };
  readonly differences: readonly Difference[];
}

/** One view for each tool: what its server declares now, beside what was pinned. */
export function presentTools(pins: readonly Pin[]): readonly ToolView[] {
  return [...Map.groupBy(pins, ({ name }) => name).values()].flatMap((all) => {
    const latest = latestOf(all);
    return latest ? [presentTool(latest, all)] : [];
  });
}

function presentTool(latest: Pin, all: readonly Pin[]): ToolView {
  const { name, status, hash, seenAt, findings, decidedBy, decidedAt } = latest;
  const pinned = all.find((pin) => pin !== latest && pin.status === 'accepted');
  const definition = read(latest.definition);
  return {
    name,
    status,
    hash,
    seenAt: new Date(seenAt).toISOString(),
    findings,
    definition,
    ...(decidedBy && decidedAt !== undefined ? { decided: { by: decidedBy.name, at: new Date(decidedAt).toISOString() } } : {}),
    ...(pinned ? { pinned: { hash: pinned.hash, definition: read(pinned.definition) } } : {}),
    differences: pinned ? differences(read(pinned.definition), definition) : [],
  };
}

/** Written by the gateway as canonical JSON. */
const read = (definition: string): unknown => JSON.parse(definition);
