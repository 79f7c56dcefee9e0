import { setTimeout as sleep } from 'node:timers/promises';
import { isSallyportError } from '../core/error.ts';

/** One message to one addressee. */
export interface Delivery {
  /** For the operator's log: `slack C0123`, never a secret. */
  readonly name: string;
  send(signal: AbortSignal): Promise<void>;
}

export interface DeliveryOptions {
  /** Waits before each further try; as many tries as there are waits, and one. */
  readonly backOffMs?: readonly number[];
  /** What may wait at once; the oldest is dropped for the newest. */
  readonly capacity?: number;
  readonly report?: (error: Error) => void;
}

const BACK_OFF_MS = [1_000, 5_000, 30_000, 120_000];
const CAPACITY = 1_000;
const AT_ONCE = 4;

/** Sends in the background: nobody waits for it, and a failure is told to the operator only. */
export class Deliveries {
  readonly #waiting: Delivery[] = [];
  readonly #sending = new Set<Promise<void>>();
  readonly #stop = new AbortController();
  readonly #options: Required<DeliveryOptions>;

  constructor({ backOffMs = BACK_OFF_MS, capacity = CAPACITY, report = () => {} }: DeliveryOptions = {}) {
    this.#options = { backOffMs, capacity, report };
  }

  add(delivery: Delivery): void {
    if (this.#stop.signal.aborted) return;
    this.#waiting.push(delivery);
    const dropped = this.#waiting.length > this.#options.capacity ? this.#waiting.shift() : undefined;
    if (dropped) this.#options.report(new Error(`too many notices wait: ${dropped.name} is not told`));
    this.#start();
  }

  /** Those that wait are forgotten, those on the way are cut off. */
  async close(): Promise<void> {
    this.#stop.abort();
    this.#waiting.length = 0;
    await Promise.allSettled(this.#sending);
  }

  #start(): void {
    while (this.#sending.size < AT_ONCE) {
      const next = this.#waiting.shift();
      if (!next) return;
      const sending = this.#send(next, 0).finally(() => {
        this.#sending.delete(sending);
        this.#start();
      });
      this.#sending.add(sending);
    }
  }

  /** A failed one gives its place to others while it waits. */
  async #send(delivery: Delivery, tries: number): Promise<void> {
    const { backOffMs, report } = this.#options;
    try {
      await delivery.send(this.#stop.signal);
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      const wait = backOffMs[tries];
      if (wait === undefined || isFinal(error)) return report(new Error(`${delivery.name} was not told`, { cause: error }));
      this.#retry(delivery, tries + 1, wait);
    }
  }

  #retry(delivery: Delivery, tries: number, wait: number): void {
    const { signal } = this.#stop;
    const waited = sleep(wait, undefined, { signal, ref: false }).then(
      () => this.add({ name: delivery.name, send: () => this.#send(delivery, tries) }),
      () => {},
    );
    void waited;
  }
}

/** What will not be better the next time. */
const isFinal = (error: unknown): boolean => isSallyportError(error, 'usage') || isSallyportError(error, 'credential_missing');
