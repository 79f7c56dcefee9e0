import { randomBytes, randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { startGatewayProcess, type GatewayProcess } from './gateway.ts';
import { callRaw } from './raw.ts';
import { startWorkbench, type Workbench } from './workbench.ts';
import { signTestToken, startTestIssuer, testKey, type TestIssuer, type TestKey } from '../../src/identity/test-issuer.ts';

/** Of the client `nightly`. */
export const SECRET = randomBytes(24).toString('hex');
export const PASSWORD = randomBytes(12).toString('hex');

export const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
export const BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
export const JWT = 'urn:ietf:params:oauth:token-type:jwt';
export const ACCESS = 'urn:ietf:params:oauth:token-type:access_token';

const ACCOUNTS = [
  { name: 'ann', kind: 'person' as const, groups: ['staff'], password: PASSWORD },
  { name: 'bob', kind: 'person' as const, groups: ['guests'], password: PASSWORD },
  { name: 'owner', kind: 'person' as const, groups: ['owners'], password: PASSWORD },
];

export interface Answer {
  readonly status: number;
  readonly json: Readonly<Record<string, unknown>>;
}

type Form = Readonly<Record<string, string>>;

/** A gateway with workloads, clients and AI agents in its configuration, the issuer of all their tokens, and two targets that do the same. */
export interface MachineRig {
  readonly ci: TestIssuer;
  readonly ciKey: TestKey;
  readonly agentKey: TestKey;
  readonly workbench: Workbench;
  readonly gateway: GatewayProcess;
  readonly url: string;
  /** The URL of a target; of the first where none is named. */
  resource(target?: string): string;
  /** Asks the token endpoint. */
  ask(form: Form, headers?: Form): Promise<Answer>;
  /** A job's own token. */
  ciToken(claims?: Record<string, unknown>): Promise<string>;
  /** RFC 8693, for the first target. */
  exchange(token: string, more?: Form): Promise<Answer>;
  /** private_key_jwt, as RFC 7523 has it. */
  proof(id: string, key?: TestKey, audience?: string): Promise<Record<string, string>>;
  /** A token of a configured client for itself. */
  own(id: string, target?: string): Promise<Answer>;
  /** Whether a call with this token runs. */
  runs(token: string, tool?: string, args?: object, target?: string): Promise<boolean>;
  /** All files of the journal. */
  recorded(): Promise<readonly string[]>;
  close(): Promise<void>;
}

export async function startMachineRig(): Promise<MachineRig> {
  const [ciKey, agentKey, workbench] = await Promise.all([testKey('ci', 'RS256'), testKey('agent', 'ES256'), startWorkbench()]);
  const ci = await startTestIssuer([ciKey]);
  ci.replies.set('/agent-keys', (response) => void response.end(JSON.stringify({ keys: [agentKey.jwk] })));
  const gateway = await startGatewayProcess({
    accounts: ACCOUNTS,
    env: { NIGHTLY_SECRET: SECRET, SHORT_SECRET: 'short' },
    config: { identity: identityOf(ci.url) },
    resources: resourcesAt(workbench.url),
  });
  const { url } = gateway;
  const resource = (target = 'bench'): string => `${url}/mcp/${target}`;

  const ask: MachineRig['ask'] = async (form, headers = {}) => {
    const response = await fetch(`${url}/oauth/token`, { method: 'POST', body: new URLSearchParams(form), headers });
    return { status: response.status, json: (await response.json()) as Record<string, unknown> }; // an object of JSON, by RFC 6749
  };
  const proof: MachineRig['proof'] = async (id, key = agentKey, audience = url) => {
    const assertion = await new SignJWT({ jti: randomUUID() })
      .setProtectedHeader({ alg: key.alg, kid: key.kid })
      .setIssuer(id)
      .setSubject(id)
      .setAudience(audience)
      .setIssuedAt()
      .setExpirationTime('1m')
      .sign(key.privateKey);
    return { client_id: id, client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer', client_assertion: assertion };
  };
  return {
    ...{ ci, ciKey, agentKey, workbench, gateway, url, resource, ask, proof },
    ciToken: (claims = {}) => signTestToken({ key: ciKey, claims: { ...runOf(ci.url), ...claims } }),
    exchange: (token, more = {}) => ask({ grant_type: EXCHANGE, subject_token: token, subject_token_type: JWT, resource: resource(), ...more }),
    own: async (id, target) => ask({ grant_type: 'client_credentials', resource: resource(target), ...(await proof(id)) }),
    async runs(token, tool = 'echo', args = { value: 'x' }, target = 'bench') {
      const reply = await callRaw(resource(target), token, tool, args);
      return reply.status === 200 && !/"isError":true|"error":/.test(reply.text);
    },
    async recorded() {
      const journal = join(gateway.folder, 'data', 'journal');
      const files = (await readdir(journal, { recursive: true })).filter((name) => /\.\w+$/.test(name));
      return Promise.all(files.map((name) => readFile(join(journal, name), 'latin1').catch(() => '')));
    },
    async close() {
      await gateway.stop();
      await Promise.all([ci.close(), workbench.close()]);
    },
  };
}

function identityOf(issuer: string): object {
  const agent = { kind: 'ai-agent', groups: ['agents'], keys: { url: `${issuer}/agent-keys` }, actsFor: ['group:staff'] };
  return {
    workloads: [
      { name: 'release', issuer, audience: 'sallyport', match: { repository: 'acme/models', ref: 'refs/heads/main' }, groups: ['ci'] },
      { name: 'docs', issuer, audience: 'sallyport', match: { repository: 'acme/docs' } },
    ],
    clients: [
      { id: 'nightly', kind: 'workload', groups: ['ci'], secret: { env: 'NIGHTLY_SECRET' } },
      { id: 'careless', kind: 'workload', groups: ['ci'], secret: { env: 'SHORT_SECRET' } },
      { id: 'helper', ...agent },
      { id: 'other', ...agent },
    ],
    providers: [{ name: 'acme', oidc: { issuer, clientId: 'x', assertions: 'accept', groups: { missing: 'none' } } }],
  };
}

function resourcesAt(address: string): readonly object[] {
  const target = { kind: 'Target', protocol: 'mcp', address, owners: ['group:owners'] };
  const rules = [
    { name: 'ci', subjects: ['group:ci'], allow: ['tools/list', 'tools/call echo'] },
    { name: 'staff', subjects: ['group:staff'], allow: ['tools/list', 'tools/call echo', 'tools/call write'] },
    { name: 'agents', subjects: ['group:agents'], allow: ['tools/list', 'tools/call echo', 'tools/call big'] },
    { name: 'guests', subjects: ['group:guests'], allow: ['tools/list'] },
    { name: 'assured', subjects: ['person:cara@acme.example'], allow: ['tools/list', 'tools/call echo'] },
  ];
  return [
    { ...target, name: 'bench' },
    { ...target, name: 'other' },
    { kind: 'Policy', name: 'bench', targets: ['bench'], rules },
    { kind: 'Policy', name: 'other', targets: ['other'], rules: [{ name: 'docs', subjects: ['workload:docs'], allow: ['*'] }] },
  ];
}

export const seconds = (): number => Math.floor(Date.now() / 1000);

/** What a job's token says of its run. */
const runOf = (issuer: string): Record<string, unknown> => ({
  iss: issuer,
  aud: 'sallyport',
  sub: 'repo:acme/models:ref:refs/heads/main',
  repository: 'acme/models',
  ref: 'refs/heads/main',
  event_name: 'push',
  iat: seconds(),
  exp: seconds() + 300,
  jti: randomUUID(),
});

/** The token of an answer that has one. */
export function issued({ status, json }: Answer): string {
  if (status !== 200) throw new Error(`no token was issued: ${status} ${JSON.stringify(json)}`);
  return String(json['access_token']);
}

export const payload = (token: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>; // an object, by RFC 7519
