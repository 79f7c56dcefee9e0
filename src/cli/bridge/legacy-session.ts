import { setTimeout as sleep } from 'node:timers/promises';
import type { JsonValue } from '../../core/json.ts';
import type { Endpoint } from './endpoint.ts';

const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 30_000;
const GOODBYE_MS = 2_000;

/** The session of a client that speaks a revision before 2026-07-28, which over standard input and output has none. */
export class LegacySession {
  readonly #endpoint: Endpoint;
  readonly #stop: AbortSignal;
  readonly #emit: (text: string) => Promise<void>;
  readonly #note: (text: string) => void;
  #id: string | undefined;
  #version: string | undefined;
  #initialize: string | undefined;
  #initialized: string | undefined;
  #listening: Promise<void> | undefined;
  #generation = 0;
  #retryMs = FIRST_RETRY_MS;

  constructor(endpoint: Endpoint, stop: AbortSignal, emit: (text: string) => Promise<void>, note: (text: string) => void) {
    this.#endpoint = endpoint;
    this.#stop = stop;
    this.#emit = emit;
    this.#note = note;
  }

  get isOpen(): boolean {
    return this.#id !== undefined;
  }

  get retryMs(): number {
    return this.#retryMs;
  }

  /** What every request of the session carries; the first one has nothing to carry yet. */
  headers(method: string): Readonly<Record<string, string>> {
    if (method === 'initialize') return {};
    return {
      ...(this.#id === undefined ? {} : { 'mcp-session-id': this.#id }),
      ...(this.#version === undefined ? {} : { 'mcp-protocol-version': this.#version }),
    };
  }

  /** `initialize` was answered, and with which id. */
  begins(line: string, id: string | undefined): void {
    this.#initialize = line;
    this.#id = id;
    this.#version = undefined;
  }

  agreed(version: JsonValue | undefined): void {
    if (typeof version === 'string') this.#version = version;
  }

  /** The client is ready: what the target has to say unasked is listened for. */
  initialized(line: string): void {
    this.#initialized = line;
    this.#listening ??= this.#listen();
  }

  waits(retry: string): void {
    const ms = /^\d{1,6}$/.test(retry) ? Number(retry) : FIRST_RETRY_MS;
    this.#retryMs = Math.min(LONGEST_RETRY_MS, ms);
  }

  /** Says the client's own first words again. False where that was not answered. */
  async reopen(): Promise<boolean> {
    if (this.#initialize === undefined) return false;
    const seen = this.#generation;
    const reply = await this.#endpoint.send({ method: 'POST', headers: {}, body: this.#initialize, signal: this.#stop });
    if (reply.kind === 'events') for await (const _event of reply.events());
    else await reply.text();
    if (reply.status !== 200) return false;
    if (seen === this.#generation) {
      this.#id = reply.sessionId;
      this.#generation += 1;
    }
    if (this.#initialized === undefined) return true;
    const ready = await this.#endpoint.send({ method: 'POST', headers: this.headers(''), body: this.#initialized, signal: this.#stop });
    await ready.text();
    return ready.status < 400;
  }

  /** Tells the gateway that nobody comes back. */
  async end(): Promise<void> {
    if (this.#id === undefined) return;
    try {
      const reply = await this.#endpoint.send({ method: 'DELETE', headers: this.headers(''), signal: AbortSignal.timeout(GOODBYE_MS) });
      await reply.text();
    } catch {
      // It ends there by itself.
    }
    this.#id = undefined;
  }

  /** Resolves when nothing is listened for any more; to be asked after the stop. */
  async silent(): Promise<void> {
    await this.#listening;
  }

  async #listen(): Promise<void> {
    let last: string | undefined;
    let failures = 0;
    while (!this.#stop.aborted) {
      try {
        const headers = { ...this.headers(''), accept: 'text/event-stream', ...(last === undefined ? {} : { 'last-event-id': last }) };
        const reply = await this.#endpoint.send({ method: 'GET', headers, signal: this.#stop });
        if (reply.kind !== 'events' || reply.status !== 200) {
          await reply.text();
          // A target that never speaks unasked has no such stream.
          if (reply.status === 405) return;
          // The session is gone: the next request begins another.
          if (reply.status === 404) last = undefined;
          failures += 1;
        } else {
          failures = 0;
          for await (const event of reply.events()) {
            if (event.id !== undefined) last = event.id;
            if (event.retry !== undefined) this.waits(event.retry);
            if (event.data !== '') await this.#emit(event.data);
          }
        }
      } catch (error) {
        if (this.#stop.aborted) return;
        failures += 1;
        if (failures === 1) this.#note(`what the target says unasked is not heard now: ${error instanceof Error ? error.message : ''}`);
      }
      await sleep(Math.min(LONGEST_RETRY_MS, this.#retryMs * 2 ** Math.min(failures, 5)), undefined, { signal: this.#stop }).catch(() => {});
    }
  }
}
