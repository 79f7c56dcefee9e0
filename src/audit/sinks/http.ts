import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { Agent, request } from 'undici';
import { SallyportError } from '../../core/error.ts';
import { readBounded } from '../../network/read-bounded.ts';
import type { SinkDeps } from './deps.ts';
import { SENT, type SendResult } from './sink.ts';

export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
  /** A longer reply is an error. Default 1 MiB. */
  readonly maxReplyBytes?: number;
}

export interface HttpReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly bytes: Buffer;
}

export interface HttpSettings {
  /** For one request, its reply included. */
  readonly timeoutMs: number;
  /** A file of certificates to trust instead of the machine's. */
  readonly ca?: string;
}

const MAX_REPLY_BYTES = 1 << 20;

/** Requests of one sink. No redirects, no proxies from the environment; the address that was checked is the one that is dialled. */
export class Http {
  readonly #settings: HttpSettings;
  readonly #deps: Pick<SinkDeps, 'lookup' | 'mayReach'>;
  #agent: Agent | undefined;

  constructor(settings: HttpSettings, deps: Pick<SinkDeps, 'lookup' | 'mayReach'>) {
    this.#settings = settings;
    this.#deps = deps;
  }

  /** Throws `upstream_unreachable` where there was no whole answer in time. Names the origin only: a path may hold a token. */
  async send({ method, url, headers, body, maxReplyBytes = MAX_REPLY_BYTES }: HttpRequest, signal: AbortSignal): Promise<HttpReply> {
    const host = url.hostname.replace(/^\[|\]$/g, '');
    if (isIP(host) !== 0 && !this.#deps.mayReach(host)) throw new SallyportError('upstream_unreachable', `${host} may not be reached from here`);
    const dispatcher = (this.#agent ??= await this.#open());
    const limit = AbortSignal.timeout(this.#settings.timeoutMs);
    try {
      const reply = await request(url, { method, dispatcher, headers, body: body ?? null, signal: AbortSignal.any([signal, limit]) });
      return { status: reply.statusCode, headers: reply.headers, bytes: await readBounded(reply.body, maxReplyBytes) };
    } catch (cause) {
      if (cause instanceof SallyportError) throw cause;
      if (limit.aborted) throw new SallyportError('upstream_timeout', `${url.origin} did not answer within ${this.#settings.timeoutMs / 1000} s`);
      throw new SallyportError('upstream_unreachable', `${url.origin} could not be reached`, { cause, hint: 'nothing is lost: it is tried again' });
    }
  }

  async close(): Promise<void> {
    await this.#agent?.destroy();
    this.#agent = undefined;
  }

  async #open(): Promise<Agent> {
    const { ca, timeoutMs } = this.#settings;
    const trusted = ca === undefined ? {} : { ca: await readCertificates(ca) };
    return new Agent({ connect: { lookup: this.#deps.lookup, timeout: timeoutMs, ...trusted }, headersTimeout: timeoutMs, bodyTimeout: timeoutMs });
  }
}

export async function readCertificates(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((cause: unknown) => {
    throw new SallyportError('credential_missing', `the certificates in ${path} cannot be read`, { cause });
  });
}

/** What a status means where nothing but success is expected. `who` is for people: `the receiver at https://x`. */
export function judgeReply({ status, headers }: HttpReply, who: string, now: () => number): SendResult {
  if (status >= 200 && status < 300) return SENT;
  const reason = `${who} answered with HTTP ${status}${status >= 300 && status < 400 ? ': redirects are not followed' : ''}`;
  const afterMs = status === 429 || status === 503 ? readRetryAfter(headers['retry-after'], now()) : undefined;
  if (afterMs !== undefined) return { outcome: 'later', afterMs, reason };
  throw new SallyportError('upstream_invalid', reason, { hint: hintOf(status) });
}

function hintOf(status: number): string {
  if (status === 401 || status === 403) return 'check the credential of the sink, and what it may do there; nothing is lost meanwhile';
  return status >= 500 ? 'nothing is lost: it is tried again' : 'check the address and the settings of the sink; nothing is lost meanwhile';
}

/** Seconds, or a date. */
function readRetryAfter(value: string | string[] | undefined, now: number): number | undefined {
  if (typeof value !== 'string') return undefined;
  const at = /^\d{1,6}$/.test(value) ? now + Number(value) * 1000 : Date.parse(value);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}
