import { createHash, randomBytes } from 'node:crypto';
import { request, type IncomingHttpHeaders } from 'node:http';
import type { AdapterPayload } from 'oidc-provider';
import { createAuthenticator, type Authenticator } from '../../identity/authenticate.ts';
import { LOCAL_ISSUER } from '../../identity/local-issuer.ts';
import type { FetchDocument } from '../../identity/oauth/fetch-document.ts';
import { createOAuthServer, type OAuthServer } from '../../identity/oauth/server.ts';
import { startTestApi, type TestApi } from '../testing.ts';
import { messagePage } from '../html-page.ts';

export const REDIRECT = 'https://app.example/callback';

export interface OAuthRig {
  readonly api: TestApi;
  readonly oauth: OAuthServer;
  readonly authenticator: Authenticator;
  /** Grants that ended, as the rest of the gateway was told. */
  readonly ended: string[];
  /** Accounts that count no longer. */
  readonly gone: Set<string>;
  register(metadata?: object): Promise<Record<string, unknown>>;
  /** A browser with its own cookies; where a name is given, somebody is signed in in it. */
  browser(name?: string): Promise<Browser>;
  token(form: Readonly<Record<string, string>>, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  close(): Promise<void>;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly json: Readonly<Record<string, unknown>>;
}

export type Cookies = Map<string, { readonly value: string; readonly path: string }>;

/** Follows nothing by itself: every redirect is looked at. */
export interface Browser {
  /** By name and path. */
  readonly cookies: Cookies;
  get(url: string, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  post(url: string, form: Readonly<Record<string, string>>, headers?: Readonly<Record<string, string>>): Promise<Answer>;
}

export interface OAuthRigOptions {
  readonly fetchDocument?: FetchDocument;
  readonly clients?: (id: string) => AdapterPayload | undefined;
  readonly now?: () => number;
}

export async function startOAuthRig(options: OAuthRigOptions = {}): Promise<OAuthRig> {
  const ended: string[] = [];
  const gone = new Set<string>();
  let registered = 0;
  let server: OAuthServer | undefined;
  const api = await startTestApi({
    ...(options.now ? { now: options.now } : {}),
    wire: ({ url, keys, storage, recorder, accounts, snapshot, report }) => {
      server = createOAuthServer({
        url,
        keys,
        storage,
        recorder,
        cookieKey: randomBytes(32),
        currentSubject: async ({ issuer, id }, since) => (issuer === LOCAL_ISSUER && !gone.has(id) ? accounts.find(id, since) : undefined),
        mayReach: (subject, target) => snapshot().mayReach(subject, target),
        endGrant: (grantId) => Promise.resolve(void ended.push(grantId)),
        errorPage: (description) => messagePage('Not accepted', description),
        report: report ?? (() => {}),
        ...options,
      });
      return { oauth: server };
    },
  });
  if (!server) throw new Error('the API was not wired');
  const authenticator = createAuthenticator({
    issuers: [],
    own: api.keys,
    url: api.url,
    standing: ({ subject, issued }) => (issued.through.some((id) => ended.includes(id)) ? 'ended' : subject),
  });
  const { port } = new URL(api.url);

  async function browser(name?: string): Promise<Browser> {
    const cookies: Cookies = new Map();
    if (name !== undefined) {
      const { cookie = '' } = await api.signIn(name);
      const at = cookie.indexOf('=');
      cookies.set(`${cookie.slice(0, at)} /`, { value: cookie.slice(at + 1), path: '/' });
    }
    const go = async (url: string, method: string, body: string | undefined, headers: Readonly<Record<string, string>>): Promise<Answer> => {
      const { pathname, search } = new URL(url, api.url);
      const sent = [...cookies].filter(([, { path }]) => pathname.startsWith(path)).map(([key, { value }]) => `${key.split(' ')[0]}=${value}`);
      const answer = await call(port, `${pathname}${search}`, method, body, {
        accept: 'text/html',
        ...(sent.length > 0 ? { cookie: sent.join('; ') } : {}),
        ...headers,
      });
      for (const line of answer.headers['set-cookie'] ?? []) keep(cookies, line);
      return answer;
    };
    return {
      cookies,
      get: (url, headers = {}) => go(url, 'GET', undefined, headers),
      post: (url, form, headers = {}) =>
        go(url, 'POST', String(new URLSearchParams(form)), { 'content-type': 'application/x-www-form-urlencoded', ...headers }),
    };
  }

  return {
    api,
    oauth: server,
    authenticator,
    ended,
    gone,
    browser,
    async register(metadata = {}) {
      const body = JSON.stringify({ redirect_uris: [REDIRECT], token_endpoint_auth_method: 'none', client_name: 'A client', ...metadata });
      registered += 1;
      // From an address of its own, for strangers are limited by theirs.
      return (await call(port, '/oauth/register', 'POST', body, { 'content-type': 'application/json' }, `127.0.1.${registered % 250}`)).json;
    },
    token: (form, headers = {}) =>
      call(port, '/oauth/token', 'POST', String(new URLSearchParams(form)), { 'content-type': 'application/x-www-form-urlencoded', ...headers }),
    close: () => api.close(),
  };
}

function keep(cookies: Cookies, line: string): void {
  const [pair = '', ...attributes] = line.split(';');
  const at = pair.indexOf('=');
  const name = pair.slice(0, at);
  const path = attributes.find((each) => /^\s*path=/i.test(each))?.split('=')[1] ?? '/';
  if (/expires=Thu, 01 Jan 1970|max-age=0/i.test(line)) cookies.delete(`${name} ${path}`);
  else cookies.set(`${name} ${path}`, { value: pair.slice(at + 1), path });
}

function call(
  port: string,
  path: string,
  method: string,
  body: string | undefined,
  headers: Readonly<Record<string, string>>,
  localAddress = '127.0.0.1',
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(
      { host: '127.0.0.1', port, path, method, headers: { host: `localhost:${port}`, ...headers }, setHost: false, localAddress },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (text += chunk));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json: jsonOf(text) }));
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

function jsonOf(text: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}

/** What a client keeps to itself until it redeems its code. */
export function makeVerifier(): { readonly verifier: string; readonly challenge: string } {
  const verifier = randomBytes(32).toString('base64url');
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') };
}

/** The address that a client opens in the browser. */
export function authorizeUrl(rig: OAuthRig, clientId: string, challenge: string, more: Readonly<Record<string, string | undefined>> = {}): string {
  const parameters = {
    response_type: 'code',
    client_id: clientId,
    redirect_uri: REDIRECT,
    code_challenge: challenge,
    code_challenge_method: 'S256',
    state: 'a-state',
    resource: `${rig.api.url}/mcp/models`,
    ...more,
  };
  const given = Object.entries(parameters).flatMap(([name, value]): [string, string][] => (value === undefined ? [] : [[name, value]]));
  return `${rig.api.url}/oauth/authorize?${String(new URLSearchParams(given))}`;
}

/** The value of the hidden field of a page. */
export const csrfOf = (page: string): string => /name="csrf" value="([^"]*)"/.exec(page)?.[1] ?? '';

/** Opens the address, answers the page, and gives what comes back to the client. */
export async function authorize(browser: Browser, url: string, answer: 'allow' | 'deny' = 'allow'): Promise<URL> {
  const begun = await browser.get(url);
  const asked = await browser.get(begun.headers.location ?? '');
  const answered = asked.status === 200 ? await browser.post(begun.headers.location ?? '', { csrf: csrfOf(asked.text), answer }) : asked;
  const back = await browser.get(answered.headers.location ?? '');
  return new URL(back.headers.location ?? 'about:blank');
}

export interface Connected {
  readonly clientId: string;
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly answer: Answer;
}

/** All of it: registered, agreed to by a person, and redeemed. */
export async function connect(
  rig: OAuthRig,
  name = 'scientist',
  more: Readonly<Record<string, string | undefined>> = {},
  headers: Readonly<Record<string, string>> = {},
): Promise<Connected> {
  const clientId = String((await rig.register())['client_id']);
  const { verifier, challenge } = makeVerifier();
  const back = await authorize(await rig.browser(name), authorizeUrl(rig, clientId, challenge, more));
  const code = back.searchParams.get('code') ?? '';
  const answer = await rig.token({ grant_type: 'authorization_code', client_id: clientId, code, code_verifier: verifier, redirect_uri: REDIRECT }, headers);
  return { clientId, accessToken: String(answer.json['access_token']), refreshToken: String(answer.json['refresh_token']), answer };
}
