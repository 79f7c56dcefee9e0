import { SallyportError } from '../../core/error.ts';
import { member, parseJson, type JsonValue } from '../../core/json.ts';
import type { Reach } from '../../network/address.ts';
import type { Answer, Ask } from '../../network/ask.ts';
import type { TokenClient } from './client-auth.ts';

export interface TokenAnswer {
  readonly accessToken: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
  readonly refreshToken: string | undefined;
  readonly scope: string | undefined;
}

export interface TokenRequest {
  readonly endpoint: string;
  readonly reach: Reach;
  readonly client: TokenClient;
  /** The server's issuer, where it is known. */
  readonly issuer?: string;
  /** Of the grant; absent ones are left out. */
  readonly fields: Readonly<Record<string, string | undefined>>;
}

/** The server said no, in a word of RFC 6749; asking again does not help. */
export class TokenRefusal extends SallyportError {
  readonly error: string;

  constructor(host: string, error: string) {
    super('credential_missing', `the authorization server ${host} refused: ${error}`, { hint: HINTS[error] ?? 'check what is configured for it' });
    this.error = error;
  }
}

const HINTS: Readonly<Record<string, string>> = {
  invalid_client: 'check client id and secret',
  invalid_scope: 'check the scopes',
  invalid_target: 'check resource and audience',
  unauthorized_client: 'allow the grant for this client there',
};

/** Where a server does not say how long a token lives. */
const DEFAULT_SECONDS = 300;
const LONGEST_SECONDS = 24 * 3600;

/** One token request. Throws TokenRefusal, or `credential_missing` where there was no usable answer; never repeats what was said. */
export async function requestToken(request: TokenRequest, ask: Ask, now: () => number): Promise<TokenAnswer> {
  const answer = await send(request, ask);
  const refused = answer.status === 200 ? undefined : errorOf(answer);
  // The secret may have been rotated since it was read.
  if (refused === 'invalid_client' && request.client.forget()) return read(request, await send(request, ask), now());
  return read(request, answer, now());
}

async function send({ endpoint, reach, client, issuer, fields }: TokenRequest, ask: Ask): Promise<Answer> {
  const proof = await client.prove(issuer ?? endpoint);
  const present = Object.entries({ ...fields, ...proof.fields }).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const headers = { ...proof.headers, accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded', 'user-agent': 'sallyport' };
  try {
    return await ask({ url: endpoint, method: 'POST', headers, body: new URLSearchParams(present).toString(), reach });
  } catch (cause) {
    throw new SallyportError('credential_missing', `the authorization server ${new URL(endpoint).host} cannot be asked`, { cause, hint: 'try again later' });
  }
}

function read({ endpoint }: TokenRequest, answer: Answer, now: number): TokenAnswer {
  const { host } = new URL(endpoint);
  if (answer.status !== 200) {
    const error = errorOf(answer);
    if (error !== undefined) throw new TokenRefusal(host, error);
    throw new SallyportError('credential_missing', `the authorization server ${host} answered with HTTP ${answer.status}`, { hint: 'try again later' });
  }
  const json = readJson(answer.body);
  const accessToken = member(json, 'access_token');
  const type = member(json, 'token_type');
  if (typeof accessToken !== 'string' || !/^[\x21-\x7e]{1,16384}$/.test(accessToken) || typeof type !== 'string' || type.toLowerCase() !== 'bearer')
    throw new SallyportError('credential_missing', `the authorization server ${host} gave no bearer token`, {
      hint: 'other kinds of tokens are not used here',
    });
  const seconds = member(json, 'expires_in');
  const lifetime = typeof seconds === 'number' && seconds >= 0 ? Math.min(seconds, LONGEST_SECONDS) : DEFAULT_SECONDS;
  return { accessToken, expiresAt: now + lifetime * 1000, refreshToken: textOf(member(json, 'refresh_token')), scope: textOf(member(json, 'scope')) };
}

function errorOf({ status, body }: Answer): string | undefined {
  if (status < 400 || status >= 500) return undefined;
  const error = member(readJson(body), 'error');
  return typeof error === 'string' && /^[a-z_]{1,64}$/.test(error) ? error : undefined;
}

function readJson(text: string): JsonValue | undefined {
  try {
    return parseJson(text, { depth: 16 });
  } catch {
    return undefined;
  }
}

const textOf = (value: JsonValue | undefined): string | undefined => (typeof value === 'string' && value !== '' && value.length <= 16_384 ? value : undefined);
