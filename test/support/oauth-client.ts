/** What an MCP client keeps while its person is in the browser: the same for both SDKs, in memory, with a callback on loopback. */
import { createServer } from 'node:http';
import { listen } from './listen.ts';
import { until } from './until.ts';

export interface ClientMetadata {
  redirect_uris: string[];
  client_name: string;
  grant_types: string[];
  response_types: string[];
  token_endpoint_auth_method: string;
  scope?: string;
}

/** Both SDKs' `OAuthClientProvider`, written without their types: they differ in names of members that are never read here. */
export interface OAuthProvider {
  readonly redirectUrl: string;
  readonly clientMetadata: ClientMetadata;
  readonly kept: { client?: unknown; tokens?: Tokens; verifier?: string; discovery?: unknown };
  state(): string;
  clientInformation(): never;
  saveClientInformation(client: unknown): void;
  tokens(): never;
  saveTokens(tokens: unknown): void;
  redirectToAuthorization(url: URL): void;
  saveCodeVerifier(verifier: string): void;
  saveDiscoveryState(discovery: unknown): void;
  discoveryState(): never;
  codeVerifier(): string;
}

export interface Tokens {
  readonly access_token: string;
  readonly refresh_token?: string;
  readonly scope?: string;
  readonly token_type: string;
}

export interface OAuthClient {
  readonly provider: OAuthProvider;
  /** Addresses that the client opened in the browser. */
  readonly opened: URL[];
  /** What came back last; waits for it. */
  callback(): Promise<URLSearchParams>;
  close(): Promise<void>;
}

export async function startOAuthClient({ scope, path = '/callback' }: { readonly scope?: string; readonly path?: string } = {}): Promise<OAuthClient> {
  const opened: URL[] = [];
  const came: URLSearchParams[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://localhost');
    if (url.pathname === path) came.push(url.searchParams);
    response.writeHead(url.pathname === path ? 200 : 404, { 'content-type': 'text/html' }).end('<title>Done</title>You can close this page.');
  });
  const { port, close } = await listen(server);
  const kept: OAuthProvider['kept'] = {};
  const redirectUrl = `http://127.0.0.1:${port}${path}`;
  return {
    opened,
    close,
    callback: () => until('the answer to come back to the client', async () => came.shift()),
    provider: {
      redirectUrl,
      clientMetadata: {
        redirect_uris: [redirectUrl],
        client_name: 'A client of the tests',
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        token_endpoint_auth_method: 'none',
        ...(scope === undefined ? {} : { scope }),
      },
      kept,
      state: () => 'a-state-of-the-tests',
      // What an SDK gave to be kept is given back as it was: nobody here looks into it.
      clientInformation: () => kept.client as never,
      saveClientInformation: (client) => void (kept.client = client),
      tokens: () => kept.tokens as never,
      saveTokens: (tokens) => void (kept.tokens = tokens as Tokens),
      redirectToAuthorization: (url) => void opened.push(url),
      saveCodeVerifier: (verifier) => void (kept.verifier = verifier),
      saveDiscoveryState: (discovery) => void (kept.discovery = discovery),
      discoveryState: () => kept.discovery as never,
      codeVerifier: () => kept.verifier ?? '',
    },
  };
}
