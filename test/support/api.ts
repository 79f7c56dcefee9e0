/** The gateway's HTTP API as a person uses it from a terminal: signs in with name and password, then asks. */
import type { SinkStatus } from '../../src/audit/sinks/status.ts';

export interface ApprovalView {
  readonly id: string;
  readonly status: string;
  readonly command: string;
  readonly shown: string;
  readonly digest: string;
  readonly risk: { readonly score: number; readonly factors: readonly { readonly name: string }[] };
  readonly subject: { readonly name: string; readonly kind: string };
  readonly mayAnswer: boolean;
  readonly mine: boolean;
}

export interface SessionView {
  readonly id: string;
  readonly subject: string;
  readonly target: string;
  readonly commands: number;
}

export interface SessionEvents {
  readonly events: readonly {
    readonly event: { readonly kind: string; readonly approval?: string };
    readonly bodies: readonly { readonly text: string }[];
  }[];
}

export interface Api {
  approvals(status?: 'pending' | 'all'): Promise<readonly ApprovalView[]>;
  answer(id: string, answer: 'approve' | 'deny' | 'withdraw', reason?: string): Promise<ApprovalView>;
  /** A short-lived access token for one target, as `sallyport token` prints it. */
  token(target: string): Promise<string>;
  sessions(): Promise<readonly SessionView[]>;
  session(id: string): Promise<SessionEvents>;
  verify(): Promise<unknown>;
  sinks(): Promise<readonly SinkStatus[]>;
  raw(path: string, init?: RequestInit): Promise<Response>;
}

export async function signIn(url: string, name: string, password: string): Promise<Api> {
  const { token } = await json<{ token: string }>(await post(`${url}/api/sign-in`, { name, password, client: 'cli' }));
  const raw = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`${url}/api/${path}`, { ...init, headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` } });
  const send = (path: string, body: object): Promise<Response> => raw(path, { method: 'POST', body: JSON.stringify(body) });
  return {
    raw,
    approvals: async (status = 'pending') => (await json<{ approvals: readonly ApprovalView[] }>(await raw(`approvals?status=${status}`))).approvals,
    answer: async (id, answer, reason = 'tested') => json<ApprovalView>(await send(`approvals/${id}/${answer}`, { reason })),
    token: async (target) => (await json<{ token: string }>(await send('token', { target }))).token,
    sessions: async () => (await json<{ sessions: readonly SessionView[] }>(await raw('sessions'))).sessions,
    session: async (id) => json<SessionEvents>(await raw(`sessions/${id}`)),
    sinks: async () => (await json<{ sinks: SinkStatus[] }>(await raw('audit/sinks'))).sinks,
    verify: async () => json<unknown>(await send('audit/verify', {})),
  };
}

const post = (url: string, body: object): Promise<Response> =>
  fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });

/** The API's own shape; a test that reads a member which is not there fails by itself. */
async function json<T>(response: Response): Promise<T> {
  if (!response.ok) throw new Error(`${response.status} from ${response.url}: ${await response.text()}`);
  return (await response.json()) as T;
}
