import type { JsonObject } from '../core/json.ts';
import type { Subject } from '../core/subject.ts';

/** Signs what the gateway says of a subject. `lifetimeMs` from now; the issuer and an id of its own are added. */
export type SignIdentity = (claims: JsonObject, options: { readonly audience: string; readonly lifetimeMs: number }) => Promise<string>;

/**
 * Who asks, as others read it. An id is unique with its provider only, so `sub` has both; with an AI agent that acts for a
 * person the subject is the person, and `act` (RFC 8693) the agent.
 */
export function identityClaims(subject: Subject, target: string): JsonObject {
  const person = subject.onBehalfOf ?? subject;
  return {
    ...partyClaims(person),
    preferred_username: person.name,
    target,
    ...(subject.onBehalfOf ? { act: partyClaims(subject) } : {}),
  };
}

function partyClaims({ issuer, id, name, kind, groups }: Subject): JsonObject {
  return { sub: `${issuer}|${id}`, idp: issuer, id, name, kind, groups };
}

/** The same for the same claims: what is made of them may be kept under it. */
export function identityKey({ kind, issuer, id, name, groups, onBehalfOf }: Subject): string {
  return JSON.stringify([kind, issuer, id, name, groups, onBehalfOf ? identityKey(onBehalfOf) : null]);
}
