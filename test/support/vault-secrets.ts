/**
 * Stands in for a Vault server, which none of the registries has: the HTTP API of its key-value engine (both versions) as its documentation has
 * it, with logins by AppRole, Kubernetes and JWT, tokens that end, namespaces, and the state "sealed".
 */
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { listen } from './listen.ts';

export interface TestSecretsVault {
  readonly url: string;
  /** One that does not end. */
  readonly rootToken: string;
  readonly requests: readonly { readonly method: string; readonly path: string; readonly status: number }[];
  /** As `vault kv put MOUNT/PATH`: engine 2 at `secret`, engine 1 at `kv1`. */
  put(path: string, fields: Readonly<Record<string, unknown>>): void;
  /** As `vault kv metadata delete`. */
  remove(path: string): void;
  /** Tokens of logins are not known any more. */
  revokeLogins(): void;
  readonly logins: number;
  isSealed: boolean;
  /** Of logins, in seconds. */
  tokenSeconds: number;
  /** Of engine 1, in seconds. */
  leaseSeconds: number;
  namespace: string | undefined;
  close(): Promise<void>;
}

export interface VaultLogins {
  readonly appRole?: { readonly roleId: string; readonly secretId: string };
  /** Mount to role and the JWT that it takes. */
  readonly jwt?: Readonly<Record<string, { readonly role: string; readonly jwt: string }>>;
}

type Answer = readonly [status: number, body: unknown];

const refusal = (status: number, ...errors: string[]): Answer => [status, { errors }];

export async function startSecretsVault(known: VaultLogins = {}): Promise<TestSecretsVault> {
  const rootToken = `hvs.${randomBytes(12).toString('base64url')}`;
  const tokens = new Set<string>();
  const secrets = new Map<string, Readonly<Record<string, unknown>>[]>();
  const requests: { method: string; path: string; status: number }[] = [];
  const state = { isSealed: false, tokenSeconds: 3600, leaseSeconds: 2_764_800, namespace: undefined as string | undefined, logins: 0 };

  function login(mount: string, body: Readonly<Record<string, string>>): Answer {
    const { appRole, jwt } = known;
    const isRole = mount === 'approle' && appRole !== undefined && body['role_id'] === appRole.roleId && body['secret_id'] === appRole.secretId;
    const asked = jwt?.[mount];
    const isJwt = asked !== undefined && body['role'] === asked.role && body['jwt'] === asked.jwt;
    if (!isRole && !isJwt) return refusal(400, 'invalid role or secret ID');
    const token = `hvs.${randomBytes(12).toString('base64url')}`;
    tokens.add(token);
    state.logins += 1;
    return [200, { auth: { client_token: token, lease_duration: state.tokenSeconds, renewable: true } }];
  }

  function read(path: string, query: URLSearchParams): Answer {
    const [, mount = '', rest = ''] = /^(secret\/data|kv1)\/(.+)$/.exec(path) ?? [];
    const versions = secrets.get(`${mount === 'kv1' ? 'kv1' : 'secret'}/${rest}`);
    if (mount === '' || !versions) return refusal(404);
    if (mount === 'kv1') return [200, { lease_duration: state.leaseSeconds, data: versions.at(-1) }];
    const version = Number(query.get('version') ?? versions.length);
    const data = versions[version - 1];
    return data ? [200, { lease_duration: 0, data: { data, metadata: { version, destroyed: false } } }] : refusal(404);
  }

  const answer = async (request: IncomingMessage): Promise<Answer> => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://vault');
    if (state.isSealed) return refusal(503, 'Vault is sealed');
    if (request.headers['x-vault-namespace'] !== state.namespace) return refusal(404);
    const [, mount] = /^\/v1\/auth\/(.+)\/login$/.exec(pathname) ?? [];
    // What our client sends is an object of strings.
    if (mount !== undefined && request.method === 'POST') return login(mount, JSON.parse(await text(request)) as Readonly<Record<string, string>>);
    const token = String(request.headers['x-vault-token']);
    if (token !== rootToken && !tokens.has(token)) return refusal(403, 'permission denied');
    return request.method === 'GET' ? read(pathname.slice('/v1/'.length), searchParams) : refusal(405);
  };

  const server = createServer((request, response) => {
    void answer(request).then(([status, body]) => {
      requests.push({ method: request.method ?? '', path: request.url ?? '', status });
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
  });
  const { port, close } = await listen(server);
  return Object.assign(state, {
    url: `http://127.0.0.1:${port}`,
    rootToken,
    requests,
    put: (path: string, fields: Readonly<Record<string, unknown>>) => void secrets.set(path, [...(secrets.get(path) ?? []), fields]),
    remove: (path: string) => void secrets.delete(path),
    revokeLogins: () => tokens.clear(),
    close,
  });
}
