import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose';

export interface TestKey {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
  readonly jwk: JWK;
}

export async function testKey(kid: string, alg: string): Promise<TestKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { kid, alg, privateKey, publicKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } };
}

/** An OpenID Connect issuer on loopback for tests: discovery and keys over real HTTP, every document changeable, every request counted. */
export interface TestIssuer {
  readonly url: string;
  readonly requests: string[];
  /** What `/jwks` serves. */
  keys: JWK[];
  /** Merged over the discovery document. */
  discovery: Record<string, unknown>;
  /** Answers a path instead of the issuer. */
  readonly replies: Map<string, (response: ServerResponse) => void>;
  close(): Promise<void>;
}

export async function startTestIssuer(keys: readonly TestKey[]): Promise<TestIssuer> {
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    issuer.requests.push(path);
    const reply = issuer.replies.get(path);
    if (reply) return reply(response);
    const documents: Record<string, unknown> = {
      '/.well-known/openid-configuration': { issuer: issuer.url, jwks_uri: `${issuer.url}/jwks`, ...issuer.discovery },
      '/jwks': { keys: issuer.keys },
    };
    response.writeHead(path in documents ? 200 : 404, { 'content-type': 'application/json' }).end(JSON.stringify(documents[path] ?? {}));
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const issuer: TestIssuer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: [],
    keys: keys.map(({ jwk }) => jwk),
    discovery: {},
    replies: new Map(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return issuer;
}

export interface TestToken {
  readonly key: TestKey;
  readonly claims: Record<string, unknown>;
  /** Merged over `alg`, `kid` and `typ`; undefined takes a member away. */
  readonly header?: Record<string, unknown>;
}

export async function signTestToken({ key, claims, header = {} }: TestToken): Promise<string> {
  const all = { alg: key.alg, kid: key.kid, typ: 'JWT', ...header };
  const present = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
  return new SignJWT(claims).setProtectedHeader(present as { alg: string }).sign(key.privateKey);
}

/** A token of any three parts. */
export function joinToken(header: unknown, claims: unknown, signature: Buffer | string): string {
  const encode = (value: unknown): string => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
  return `${encode(header)}.${encode(claims)}.${Buffer.from(signature).toString('base64url')}`;
}
