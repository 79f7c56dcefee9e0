import { isIdentityText } from '../identity-text.ts';
import type { SubjectName } from '../directory-subject.ts';

/** The id by which grants name a subject. */
export function writeSubjectId({ kind, issuer, id }: SubjectName): string {
  return Buffer.from(JSON.stringify([kind, issuer, id])).toString('base64url');
}

/** Of our own rows only; undefined where it is none of ours. */
export function readSubjectId(text: string): SubjectName | undefined {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    const [kind, issuer, id] = Array.isArray(parsed) ? (parsed as unknown[]) : [];
    if (kind !== 'person' && kind !== 'workload' && kind !== 'ai-agent') return undefined;
    return isIdentityText(issuer) && isIdentityText(id) ? { kind, issuer, id } : undefined;
  } catch {
    return undefined;
  }
}
