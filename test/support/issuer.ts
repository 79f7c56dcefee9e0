/**
 * A small OpenID issuer on loopback: discovery, keys, signed tokens. Each kind of subject has an issuer of its own
 * (`<url>/person`), since a configured issuer vouches for one kind.
 */
import { createServer } from 'node:http';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { listen } from './listen.ts';

export type IssuerKind = 'person' | 'workload' | 'ai-agent';
export const ISSUER_KINDS: readonly IssuerKind[] = ['person', 'workload', 'ai-agent'];

export interface TokenClaims {
  readonly sub: string;
  readonly aud: string;
  readonly name?: string;
  readonly groups?: readonly string[];
  /** `person` where absent. */
  readonly kind?: IssuerKind;
  /** Seconds; ten minutes where absent. */
  readonly lifetime?: number;
}

export interface Issuer {
  /** The issuer that vouches for subjects of this kind. */
  url(kind: IssuerKind): string;
  token(claims: TokenClaims): Promise<string>;
  close(): Promise<void>;
}

export async function startIssuer(): Promise<Issuer> {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const jwks = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'test', alg: 'ES256', use: 'sig' }] });
  const server = createServer((request, response) => {
    const [, kind, ...rest] = (request.url ?? '').split('/');
    const url = `http://${request.headers.host}/${kind}`;
    const pages: Record<string, string> = { '.well-known/openid-configuration': discovery(url), jwks };
    const page = ISSUER_KINDS.some((known) => known === kind) ? pages[rest.join('/')] : undefined;
    response.writeHead(page === undefined ? 404 : 200, { 'content-type': 'application/json' }).end(page ?? '{}');
  });
  const { port, close } = await listen(server);
  const url = (kind: IssuerKind): string => `http://127.0.0.1:${port}/${kind}`;
  return {
    url,
    close,
    async token({ sub, aud, name = sub, groups = [], kind = 'person', lifetime = 600 }) {
      const jwt = new SignJWT({ name, groups }).setProtectedHeader({ alg: 'ES256', kid: 'test' }).setIssuer(url(kind)).setSubject(sub).setAudience(aud);
      return jwt.setIssuedAt().setExpirationTime(`${lifetime}s`).sign(privateKey);
    },
  };
}

function discovery(issuer: string): string {
  return JSON.stringify({
    issuer,
    jwks_uri: `${issuer}/jwks`,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['ES256'],
  });
}
