import { subjectKey, type Subject } from '../../core/subject.ts';
import type { Target } from '../../core/target.ts';
import { seal, unseal } from '../../core/seal.ts';

/**
 * The `Mcp-Session-Id` that callers see: the target's own id, sealed together with whose it is, so that any process
 * with the key can serve it and nobody else can use it. A restart loses none.
 */
export interface McpSession {
  /** Id of the session in the record. */
  readonly id: string;
  /** The target's id; empty for a stdio server, whose session is its process. */
  readonly upstreamId: string;
  readonly version: string;
  /** Name of the client program, as it says: it sets how long a held call waits, and nothing else. */
  readonly clientName: string;
}

/** Visible ASCII, as the specification asks. `key`: 32 bytes. */
export function sealSessionId(session: McpSession, subject: Subject, target: Target, key: Uint8Array): string {
  return seal(JSON.stringify([session.id, session.upstreamId, session.version, session.clientName]), holderOf(subject, target), key);
}

/** The session, or undefined where the id is not ours, not this subject's, or for another target. */
export function openSessionId(value: string, subject: Subject, target: Target, key: Uint8Array): McpSession | undefined {
  const text = value.length > 4096 ? undefined : unseal(value, holderOf(subject, target), key);
  if (text === undefined) return undefined;
  // Only the gateway can have written it.
  const [id, upstreamId, version, clientName] = JSON.parse(text) as [string, string, string, string];
  return { id, upstreamId, version, clientName };
}

function holderOf(subject: Subject, target: Target): readonly unknown[] {
  return [subjectKey(subject), target.name, target.address ?? target.command ?? ''];
}
