/**
 * How machines get tokens: the exchange of a token that somebody else issued (RFC 8693, RFC 7523), an AI agent's for the person whom
 * it acts for, an identity assertion's for the person it names, and a configured client's for itself. Handed to the OAuth server, which
 * reads the forms, proves clients, asks the policy, records and mints. Must not know pages, sessions, or how tokens are made.
 */
import { member } from '../../core/json.ts';
import type { Subject } from '../../core/subject.ts';
import { OWN_API } from '../audience.ts';
import { readCompact } from '../compact.ts';
import type { Granted, GrantRefused, GrantRequest, TokenGrant } from '../oauth/grants.ts';
import { NO_TARGET } from '../oauth/issue.ts';
import type { Delegated, TokenPair } from './delegation.ts';
import { grantRefusal, isRefusal, type GrantRefusal } from './grant-refusal.ts';
import type { Asserted, AssertionUse } from './id-jag.ts';
import type { Proven, ProveWorkload } from './workload-tokens.ts';

export const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
export const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
export const CLIENT_CREDENTIALS = 'client_credentials';

const TYPE = 'urn:ietf:params:oauth:token-type:';
const ACCESS_TOKEN = `${TYPE}access_token`;

export interface MachineGrantsOptions {
  readonly proveWorkload: ProveWorkload;
  readonly delegate: (tokens: TokenPair, target: string) => Promise<Delegated | GrantRefusal>;
  readonly acceptAssertion: (use: AssertionUse) => Promise<Asserted | GrantRefusal>;
  /** Whom a configured client is; undefined for clients that registered themselves. */
  readonly clientSubject: (clientId: string) => Subject | undefined;
  /** Said of issuers whose tokens are access tokens here: they are not exchanged alone. */
  readonly isAccessTokenIssuer: (issuer: string) => boolean;
  readonly targetOf: (resource: string) => string | undefined;
  readonly isLocked: (subject: Subject) => Promise<boolean>;
  readonly now: () => number;
}

export function machineGrants(options: MachineGrantsOptions): readonly TokenGrant[] {
  const exchange = {
    type: TOKEN_EXCHANGE,
    parameters: ['subject_token', 'subject_token_type', 'actor_token', 'actor_token_type', 'requested_token_type', 'audience'],
    handle: (request: GrantRequest) => answer(options, request, exchangeTokens(options, request)),
  };
  const bearer = { type: JWT_BEARER, parameters: ['assertion'] };
  return [
    { ...exchange, client: 'none' },
    { ...exchange, client: 'authenticated' },
    { ...bearer, client: 'none', handle: (request) => answer(options, request, useWorkloadAssertion(options, request)) },
    { ...bearer, client: 'authenticated', handle: (request) => answer(options, request, useAssertion(options, request)) },
    { type: CLIENT_CREDENTIALS, parameters: [], client: 'authenticated', handle: (request) => answer(options, request, useClient(options, request)) },
  ];
}

/** Who gets a token for what, and until when at most. */
interface Answer extends Proven {
  readonly target: string;
  readonly through?: readonly string[];
  /** What it is limited to, whatever is asked for. */
  readonly scope?: string;
  readonly issuedTokenType?: string;
}

async function answer(
  { isLocked, now }: MachineGrantsOptions,
  { client, parameters }: GrantRequest,
  asked: Promise<Answer | GrantRefusal>,
): Promise<Granted | GrantRefused> {
  const found = await asked;
  if (isRefusal(found)) return refused(found);
  // Machines use targets; the gateway's own API is for people.
  if (found.target === OWN_API) return { error: 'invalid_target', description: NO_TARGET };
  if (await isLocked(found.subject)) return refused(grantRefusal('whoever asks is locked', `${found.subject.name} is locked`));
  const { expiresAt, ...rest } = found;
  const scope = scopeOf(parameters['scope'], found.scope);
  return { ...rest, ttlMs: Math.max(1000, expiresAt - now()), ...(scope === undefined ? {} : { scope }), ...(client ? {} : { clientId: rest.subject.name }) };
}

/** As asked for, within the limit; where nothing of it is left, what the limit is. */
function scopeOf(asked: string | undefined, limit: string | undefined): string | undefined {
  if (asked === undefined || limit === undefined) return asked ?? limit;
  const kept = limit.split(' ').filter((one) => asked.split(' ').includes(one));
  return kept.length > 0 ? kept.join(' ') : limit;
}

function refused({ error, reason, note }: GrantRefusal): GrantRefused {
  return { error, description: reason, ...(note === undefined ? {} : { note }) };
}

const invalidRequest = (reason: string): GrantRefusal => ({ error: 'invalid_request', reason });

async function exchangeTokens(options: MachineGrantsOptions, request: GrantRequest): Promise<Answer | GrantRefusal> {
  const { parameters } = request;
  const [subjectToken, actorToken] = [parameters['subject_token'], parameters['actor_token']];
  const target = exchangeTarget(options, request);
  if (typeof target !== 'string') return target;
  if (subjectToken === undefined) return invalidRequest('subject_token is missing');
  if (![ACCESS_TOKEN, `${TYPE}jwt`, `${TYPE}id_token`].includes(parameters['subject_token_type'] ?? ''))
    return invalidRequest(`subject_token_type is not ${ACCESS_TOKEN} or ${TYPE}jwt`);
  if ((parameters['requested_token_type'] ?? ACCESS_TOKEN) !== ACCESS_TOKEN) return invalidRequest('only access tokens are issued');
  if (actorToken === undefined && parameters['actor_token_type'] !== undefined) return invalidRequest('actor_token_type without actor_token');
  const found =
    actorToken === undefined
      ? await exchangeAlone(options, subjectToken, target)
      : await exchangePair(options, request, { subject: subjectToken, actor: actorToken }, target);
  return isRefusal(found) ? found : { ...found, target, issuedTokenType: ACCESS_TOKEN };
}

/** `resource`, or `audience` with the target's name or its URL. */
function exchangeTarget({ targetOf }: MachineGrantsOptions, { target, parameters: { audience } }: GrantRequest): string | GrantRefusal {
  const named = audience === undefined ? undefined : (targetOf(audience) ?? (/^[a-z0-9][a-z0-9._-]{0,127}$/.test(audience) ? audience : undefined));
  if (audience !== undefined && (named === undefined || (target !== undefined && target !== named)))
    return { error: 'invalid_target', reason: 'audience is not the name or the URL of the target that resource names' };
  return target ?? named ?? invalidRequest('name the target: resource is its URL');
}

/** Nobody gets another's token by having one of theirs: what a person's token is good for, it already does. */
async function exchangeAlone(options: MachineGrantsOptions, token: string, target: string): Promise<Proven | GrantRefusal> {
  const compact = readCompact(token);
  if (!compact) return grantRefusal('the subject token is no signed token of an accepted kind');
  const issuer = member(compact.claims, 'iss');
  if (typeof issuer === 'string' && options.isAccessTokenIssuer(issuer))
    return invalidRequest('actor_token is missing: a token of this issuer is exchanged only by the AI agent that acts for its subject');
  return options.proveWorkload(compact, target);
}

async function exchangePair(
  options: MachineGrantsOptions,
  { parameters, client }: GrantRequest,
  pair: TokenPair,
  target: string,
): Promise<Delegated | GrantRefusal> {
  if (![ACCESS_TOKEN, `${TYPE}jwt`].includes(parameters['actor_token_type'] ?? ''))
    return invalidRequest(`actor_token_type is not ${ACCESS_TOKEN} or ${TYPE}jwt`);
  const found = await options.delegate(pair, target);
  if (isRefusal(found) || !client) return found;
  const own = options.clientSubject(client.id);
  const isActor = own !== undefined && own.issuer === found.subject.issuer && own.id === found.subject.id;
  return isActor ? found : { error: 'unauthorized_client', reason: 'the actor token is another client’s' };
}

async function useWorkloadAssertion({ proveWorkload }: MachineGrantsOptions, { parameters, target }: GrantRequest): Promise<Answer | GrantRefusal> {
  if (target === undefined) return invalidRequest('name the target: resource is its URL');
  const compact = readCompact(parameters['assertion'] ?? '');
  if (!compact) return grantRefusal('the assertion is no signed token of an accepted kind');
  const found = await proveWorkload(compact, target);
  return isRefusal(found) ? found : { ...found, target };
}

function useAssertion({ acceptAssertion }: MachineGrantsOptions, { parameters, client, target }: GrantRequest): Promise<Answer | GrantRefusal> {
  return acceptAssertion({ assertion: parameters['assertion'] ?? '', clientId: client?.id ?? '', ...(target === undefined ? {} : { target }) });
}

async function useClient({ clientSubject, now }: MachineGrantsOptions, { client, target }: GrantRequest): Promise<Answer | GrantRefusal> {
  const subject = clientSubject(client?.id ?? '');
  if (!subject) return { error: 'unauthorized_client', reason: 'this client is nobody by itself: only clients of the configuration are' };
  if (target === undefined) return invalidRequest('name the target: resource is its URL');
  return { subject, target, expiresAt: now() + CLIENT_TOKEN_MS };
}

const CLIENT_TOKEN_MS = 10 * 60_000;
