import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { messagePage } from '../../api/html-page.ts';
import { SallyportError } from '../../core/error.ts';
import type { AuthorizationServer } from './server.ts';
import { readSmallJson } from './small-json.ts';
import { readTokenAnswer, signInRefused } from './token-answer.ts';

export interface BrowserSignIn {
  readonly server: AuthorizationServer;
  readonly clientId: string;
  readonly resource: string;
  /** Leads a person to the address. */
  readonly open: (url: string) => void;
  readonly random?: (size: number) => Buffer;
  readonly patienceMs?: number;
}

const PATIENCE_MS = 5 * 60_000;

/** Authorization code with PKCE, and a redirect to a port of this machine that is open for this one answer (RFC 8252). Gives the access token. */
export async function signInByBrowser({ server, clientId, resource, open, random = randomBytes, patienceMs = PATIENCE_MS }: BrowserSignIn): Promise<string> {
  const [verifier, state] = [random(32).toString('base64url'), random(32).toString('base64url')];
  const landing = await land({ state, issuer: server.issuer }, patienceMs);
  try {
    const redirect = `http://127.0.0.1:${landing.port}/callback`;
    const asked = new URL(server.authorizationEndpoint);
    const challenge = createHash('sha256').update(verifier).digest('base64url');
    for (const [name, value] of Object.entries({
      response_type: 'code',
      client_id: clientId,
      redirect_uri: redirect,
      resource,
      state,
      code_challenge: challenge,
      code_challenge_method: 'S256',
    }))
      asked.searchParams.set(name, value);
    open(asked.href);
    const code = await landing.code;
    const form = { grant_type: 'authorization_code', client_id: clientId, code, code_verifier: verifier, redirect_uri: redirect, resource };
    const answer = readTokenAnswer(await readSmallJson(server.tokenEndpoint, { form }));
    if ('error' in answer) throw signInRefused(answer.description);
    return answer.token;
  } finally {
    await landing.close();
  }
}

interface Expected {
  readonly state: string;
  readonly issuer: string;
}

interface Landing {
  readonly port: number;
  /** Rejects where the answer is a refusal, or none came. */
  readonly code: Promise<string>;
  close(): Promise<void>;
}

async function land(expected: Expected, patienceMs: number): Promise<Landing> {
  const { promise: code, resolve, reject } = Promise.withResolvers<string>();
  const server = createServer((request, response) => {
    const outcome = readCallback(request, expected);
    if (outcome === undefined) return answer(response, 404, messagePage('Nothing is here', 'This page is for one answer to the command line.'));
    if ('code' in outcome) {
      answer(response, 200, messagePage('You are signed in', 'The command line goes on by itself. You can close this page.'));
      resolve(outcome.code);
    } else {
      answer(response, 400, messagePage('Nobody was signed in', 'The command line says why.'));
      reject(signInRefused(outcome.refused));
    }
  });
  await new Promise<void>((listening, failed) => {
    server.once('error', failed).listen(0, '127.0.0.1', listening);
  });
  const timer = setTimeout(
    () => reject(new SallyportError('upstream_timeout', 'no answer came from the browser', { hint: 'sallyport login --device' })),
    patienceMs,
  );
  // Looked at later; until then it is nobody's fault.
  code.catch(() => {});
  return {
    // A server that listens on TCP has such an address.
    port: (server.address() as AddressInfo).port,
    code,
    async close() {
      clearTimeout(timer);
      await closed(server);
    },
  };
}

/** Only what belongs to this very attempt counts; everything else is as if nothing were here. */
function readCallback(request: IncomingMessage, { state, issuer }: Expected): { readonly code: string } | { readonly refused: string } | undefined {
  const url = URL.parse(request.url ?? '', 'http://127.0.0.1');
  if (request.method !== 'GET' || url?.pathname !== '/callback' || !sameText(url.searchParams.get('state') ?? '', state)) return undefined;
  // RFC 9207: an answer of another server is none.
  if (url.searchParams.get('iss') !== issuer) return undefined;
  const error = url.searchParams.get('error');
  if (error !== null)
    return { refused: error === 'access_denied' ? 'the answer in the browser was no' : (url.searchParams.get('error_description') ?? error).slice(0, 200) };
  const code = url.searchParams.get('code') ?? '';
  return code === '' ? undefined : { code };
}

function sameText(a: string, b: string): boolean {
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(a), hash(b));
}

function answer(response: ServerResponse, status: number, page: string): void {
  const headers = {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    connection: 'close',
  };
  response.writeHead(status, headers).end(page);
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
}
