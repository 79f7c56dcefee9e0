import type { Subject } from '../../core/subject.ts';
import type { Authenticator } from '../authenticate.ts';
import { isAuthenticated, type Authenticated } from '../outcome.ts';
import { grantRefusal, type GrantRefusal } from './grant-refusal.ts';

/** For whom the AI agents of an issuer, or the one of that id, may act. */
export interface ActorRule {
  readonly issuer: string;
  /** Absent: every agent of the issuer. */
  readonly id?: string;
  /** `group:x`, `person:x`. */
  readonly actsFor: readonly string[];
}

export interface DelegationOptions {
  /** Reads both tokens as a call to the target would: audience, locks and all. */
  readonly authenticator: Authenticator;
  readonly actors: readonly ActorRule[];
}

/** An AI agent with the person for whom it acts. */
export interface Delegated {
  readonly subject: Subject;
  /** Epoch milliseconds; the earlier end of both tokens. */
  readonly expiresAt: number;
  /** What both tokens came through: the new one ends with each. */
  readonly through: readonly string[];
  /** Absent where neither token is narrowed. */
  readonly scope?: string;
}

export interface TokenPair {
  /** The person's. */
  readonly subject: string;
  /** The agent's own. */
  readonly actor: string;
}

/** A token names four origins at most, and one of them is its own grant. */
const MAX_THROUGH = 3;

/** RFC 8693 with an actor: the person's token and the agent's own make one for both, on the one target that both are good for. */
export function createDelegation({ authenticator, actors }: DelegationOptions): (tokens: TokenPair, target: string) => Promise<Delegated | GrantRefusal> {
  return async (tokens, target) => {
    const person = await authenticator.authenticate(`Bearer ${tokens.subject}`, target);
    if (!isAuthenticated(person)) return grantRefusal(`the subject token: ${person.reason}`);
    const agent = await authenticator.authenticate(`Bearer ${tokens.actor}`, target);
    if (!isAuthenticated(agent)) return grantRefusal(`the actor token: ${agent.reason}`);
    return refuseKinds(person.subject, agent.subject) ?? refuseActor(person.subject, agent.subject, actors) ?? joined(person, agent);
  };
}

/** One of each: no chains, nobody but a person is acted for, and nothing but an AI agent acts. */
function refuseKinds(person: Subject, agent: Subject): GrantRefusal | undefined {
  if (person.onBehalfOf || agent.onBehalfOf) return grantRefusal('a token of one who already acts for another is not exchanged again');
  if (person.kind !== 'person') return grantRefusal('the subject token is not a person’s');
  return agent.kind === 'ai-agent' ? undefined : grantRefusal('the actor token is not an AI agent’s');
}

function refuseActor(person: Subject, agent: Subject, actors: readonly ActorRule[]): GrantRefusal | undefined {
  const rules = actors.filter(({ issuer, id }) => issuer === agent.issuer && (id === undefined || id === agent.id));
  const names = rules.flatMap(({ actsFor }) => actsFor);
  const may = names.some((name) => name === `person:${person.name}` || person.groups.some((group) => name === `group:${group}`));
  return may ? undefined : { ...grantRefusal('this AI agent may not act for this person', `${agent.name} for ${person.name}`), error: 'unauthorized_client' };
}

function joined(person: Authenticated, agent: Authenticated): Delegated | GrantRefusal {
  const through = [...new Set([...person.issued.through, ...agent.issued.through])];
  if (through.length > MAX_THROUGH) return grantRefusal('the tokens came through too many sign-ins');
  return {
    subject: { ...agent.subject, onBehalfOf: person.subject },
    expiresAt: Math.min(person.expiresAt, agent.expiresAt),
    through,
    ...narrower(person.scope, agent.scope),
  };
}

/** What both were granted: whoever has nothing but a narrow token gets no wider one for it. */
function narrower(...scopes: readonly (string | undefined)[]): Pick<Delegated, 'scope'> {
  const limits = scopes.filter((scope) => scope !== undefined).map((scope) => scope.split(' '));
  const [first, ...others] = limits;
  return first ? { scope: first.filter((one) => others.every((other) => other.includes(one))).join(' ') } : {};
}
