import type { EventKind } from '../core/event.ts';
import { subjectKey } from '../core/subject.ts';
import type { EventRow, SessionRow } from '../storage/schema.ts';
import type { Leaf } from './leaf.ts';

/** Every column but the leaf itself is computed from the leaf: verification of a database does it again and compares. */
export function eventRow(leaf: Leaf, text: string): EventRow {
  return {
    id: leaf.id,
    writer: leaf.writer,
    leaf_index: leaf.index,
    time: leaf.time,
    kind: leaf.kind,
    session: leaf.session ?? null,
    subject: leaf.subject?.name ?? null,
    target: leaf.target ?? null,
    command: leaf.command?.name ?? null,
    effect: leaf.decision?.effect ?? null,
    rule: leaf.decision?.rule ?? null,
    approval: leaf.approval ?? null,
    intent: leaf.intent ?? null,
    leaf: text,
  };
}

const OF_SESSION: readonly EventKind[] = [
  'session.opened',
  'session.closed',
  'session.truncated',
  'session.reaped',
  'command.forwarded',
  'command.refused',
  'command.failed',
  'reply.received',
  'stream.chunk',
];
/** What a session does itself; who approves or looks at it later is somebody else. */
export const isOfSession = (kind: EventKind): boolean => OF_SESSION.includes(kind);
const COMMANDS: readonly EventKind[] = ['command.forwarded', 'command.refused'];
const ENDS: readonly EventKind[] = ['session.closed', 'session.truncated', 'session.reaped'];

/** What these leaves add to their sessions: one row for each, to be added to the row that is there. */
export function sessionRows(leaves: readonly Leaf[]): readonly SessionRow[] {
  const rows = new Map<string, SessionRow>();
  for (const leaf of leaves) {
    if (leaf.session === undefined || !isOfSession(leaf.kind)) continue;
    const known = rows.get(leaf.session);
    const row = sessionRow(leaf.session, leaf);
    rows.set(leaf.session, known ? addRows(known, row) : row);
  }
  return [...rows.values()];
}

function sessionRow(id: string, leaf: Leaf): SessionRow {
  return {
    id,
    opened_at: leaf.time,
    last_at: leaf.time,
    closed_at: ENDS.includes(leaf.kind) ? leaf.time : null,
    subject: leaf.subject?.name ?? '',
    subject_kind: leaf.subject?.kind ?? '',
    subject_key: leaf.subject ? subjectKey(leaf.subject) : '',
    target: leaf.target ?? '',
    client: leaf.client ? `${leaf.client.name ?? leaf.client.userAgent} from ${leaf.client.address}` : '',
    commands: COMMANDS.includes(leaf.kind) ? 1 : 0,
    refused: leaf.kind === 'command.refused' ? 1 : 0,
    masked: (leaf.masks ?? []).reduce((sum, { count }) => sum + count, 0),
  };
}

/** `b` came later. */
export function addRows(a: SessionRow, b: SessionRow): SessionRow {
  return {
    ...a,
    opened_at: a.opened_at < b.opened_at ? a.opened_at : b.opened_at,
    last_at: a.last_at > b.last_at ? a.last_at : b.last_at,
    closed_at: b.closed_at ?? a.closed_at,
    commands: a.commands + b.commands,
    refused: a.refused + b.refused,
    masked: a.masked + b.masked,
  };
}
