import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { subjectKey, type Subject } from '../../core/subject.ts';
import type { Target } from '../../core/target.ts';

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
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(boundTo(subject, target));
  const text = JSON.stringify([session.id, session.upstreamId, session.version, session.clientName]);
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64url');
}

/** The session, or undefined where the id is not ours, not this subject's, or for another target. */
export function openSessionId(value: string, subject: Subject, target: Target, key: Uint8Array): McpSession | undefined {
  if (value.length > 4096 || !/^[A-Za-z0-9_-]+$/.test(value)) return undefined;
  const bytes = Buffer.from(value, 'base64url');
  // One session has one spelling: base64 readers skip what does not fill a byte.
  if (bytes.length < 29 || bytes.toString('base64url') !== value) return undefined;
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12), { authTagLength: 16 });
    decipher.setAAD(boundTo(subject, target));
    decipher.setAuthTag(bytes.subarray(12, 28));
    const text = Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8');
    const [id, upstreamId, version, clientName] = JSON.parse(text) as [string, string, string, string];
    return { id, upstreamId, version, clientName };
  } catch {
    return undefined;
  }
}

function boundTo(subject: Subject, target: Target): Uint8Array {
  const whose = JSON.stringify([subjectKey(subject), target.name, target.address ?? target.command ?? '']);
  return createHash('sha256').update(whose).digest();
}
