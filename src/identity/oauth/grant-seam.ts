import { errors, type KoaContextWithOIDC } from 'oidc-provider';
import type Provider from 'oidc-provider';
import { newId } from '../../core/id.ts';
import { Proofs } from '../dpop.ts';
import { mintToken } from '../mint.ts';
import type { SigningKeys } from '../signing-keys.ts';
import { isRefused, type Granted, type GrantRefused, type GrantRequest, type TokenGrant } from './grants.ts';
import { clientLine, NO_TARGET, recordIssue, type IssueOptions } from './issue.ts';
import type { Form } from './requests.ts';
import { resourceTarget } from './resources.ts';
import { ROUTES } from './routes.ts';

export interface GrantSeamOptions extends IssueOptions {
  readonly keys: SigningKeys;
  readonly now: () => number;
}

export interface GrantSeam {
  add(grant: TokenGrant): void;
  /** Answers a request for a token that names no client; false where it is not one. Throws the provider's errors. */
  answer(ctx: KoaContextWithOIDC, form: Form): Promise<boolean>;
}

const LONGEST_MS = 10 * 60_000;
/** What makes a request one of a client that says who it is. */
const OF_CLIENTS = ['client_id', 'client_secret', 'client_assertion', 'client_assertion_type'];

/** Where ways to get a token are added, and what they have in common. */
export function grantSeam(provider: Provider, options: GrantSeamOptions): GrantSeam {
  const authenticated = new Map<string, TokenGrant>();
  const open = new Map<string, TokenGrant>();
  const proofs = new Proofs(options.now);

  /** One registration with the provider for each type, so that its metadata names it. */
  function register(type: string): void {
    const parameters = [authenticated, open].flatMap((grants) => grants.get(type)?.parameters ?? []);
    provider.registerGrantType(type, answerClient, [...parameters, 'resource', 'scope']);
  }

  async function answerClient(ctx: KoaContextWithOIDC): Promise<void> {
    const { client, params = {} } = ctx.oidc;
    const grant = authenticated.get(String(params['grant_type']));
    if (!grant || !client || client.clientAuthMethod === 'none') throw new errors.InvalidRequest('this grant is not for clients of this kind');
    await issue(ctx, grant, textsOf(params), { id: client.clientId, metadata: client.metadata() });
  }

  async function issue(ctx: KoaContextWithOIDC, grant: TokenGrant, given: Readonly<Record<string, string>>, client: GrantRequest['client']): Promise<void> {
    const parameters = Object.fromEntries([...grant.parameters, 'scope'].flatMap((name) => (given[name] === undefined ? [] : [[name, given[name]]])));
    const line = clientLine(ctx, client?.id ?? '');
    const request: GrantRequest = { parameters, target: targetOf(given['resource'], options.url), line, ...(client ? { client } : {}) };
    const outcome = await grant.handle(request);
    if (isRefused(outcome)) throw refusalOf(outcome);
    ctx.set('cache-control', 'no-store');
    ctx.status = 200;
    ctx.body = await mint(ctx, outcome, { ...line, id: client?.id ?? outcome.clientId ?? '' });
  }

  async function mint(ctx: KoaContextWithOIDC, { subject, target, ttlMs, scope, issuedTokenType, through: from = [] }: Granted, line: GrantRequest['line']) {
    const keyThumbprint = await boundTo(ctx);
    const { keys, url, now } = options;
    const lifetime = Math.min(ttlMs, LONGEST_MS);
    // A grant of its own, so that its client can take it back.
    const through = [newId(now()), ...from];
    const minted = await mintToken({ keys, subject, target, url, ttlMs: lifetime, clientId: line.id, through, scope, keyThumbprint, now: now() });
    await recordIssue(options, subject, target, line, `token ${minted.id}`);
    return {
      access_token: minted.token,
      ...(issuedTokenType === undefined ? {} : { issued_token_type: issuedTokenType }),
      token_type: keyThumbprint === undefined ? 'Bearer' : 'DPoP',
      expires_in: Math.ceil(lifetime / 1000),
      ...(scope === undefined ? {} : { scope }),
    };
  }

  /** A client that sends a proof gets a token that is worth nothing without its key. */
  async function boundTo(ctx: KoaContextWithOIDC): Promise<string | undefined> {
    const proof = ctx.get('dpop');
    if (proof === '') return undefined;
    const proven = await proofs.check(proof, { method: 'POST', url: `${options.url}${ROUTES.token}` });
    if ('problem' in proven) throw new errors.InvalidDpopProof(proven.problem);
    return proven.thumbprint;
  }

  return {
    add(grant) {
      (grant.client === 'none' ? open : authenticated).set(grant.type, grant);
      register(grant.type);
    },
    async answer(ctx, form) {
      const grant = ctx.path === ROUTES.token ? open.get(form.get('grant_type') ?? '') : undefined;
      if (!grant || ctx.get('authorization') !== '' || OF_CLIENTS.some((name) => form.has(name))) return false;
      const names = [...form.keys()];
      if (new Set(names).size < names.length) throw new errors.InvalidRequest('a parameter was sent more than once');
      await issue(ctx, grant, Object.fromEntries(form), undefined);
      return true;
    },
  };
}

function targetOf(resource: string | undefined, url: string): string | undefined {
  if (resource === undefined) return undefined;
  const target = resourceTarget(resource, url);
  if (target === undefined) throw new errors.InvalidTarget(NO_TARGET);
  return target;
}

function textsOf(parameters: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(parameters).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])));
}

/** The caller is told what the handler says; the record has its note, too. */
function refusalOf({ error, description, note }: GrantRefused): errors.OIDCProviderError {
  const refusal =
    error === 'invalid_client'
      ? new errors.InvalidClientAuth(note ?? description)
      : new errors.CustomOIDCProviderError(error, description, note === undefined ? {} : { detail: note });
  if (error === 'temporarily_unavailable') refusal.statusCode = 503;
  return refusal;
}
