import { errorOfReply, unreachable } from './error.ts';

type Method = 'GET' | 'POST';

export interface Call {
  readonly method?: Method;
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

/** One signed-in browser: the cookie is the browser's, the CSRF value is kept here and sent with every unsafe call. */
export class ApiClient {
  #csrf = '';

  /** Replies are trusted to have the documented shape: the page and the gateway are released together. */
  async call<T>(path: string, { method = 'GET', body, signal }: Call = {}): Promise<T> {
    const headers: Record<string, string> = { accept: 'application/json' };
    if (method !== 'GET') headers['x-csrf-token'] = this.#csrf;
    if (body !== undefined) headers['content-type'] = 'application/json';
    const reply = await send(`/api/${path}`, { method, headers, body: body === undefined ? null : JSON.stringify(body), signal: signal ?? null });
    const value = await readJson(reply);
    if (!reply.ok) throw errorOfReply(reply.status, value);
    return value as T;
  }

  set csrf(value: string) {
    this.#csrf = value;
  }
}

async function send(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(path, { ...init, credentials: 'same-origin', cache: 'no-store', redirect: 'error' });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw unreachable();
  }
}

async function readJson(reply: Response): Promise<unknown> {
  try {
    return await reply.json();
  } catch {
    return undefined;
  }
}
