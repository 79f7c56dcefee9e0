import { CheckpointFeed } from './checkpoint-feed.ts';
import type { Logs } from './logs.ts';
import type { Positions } from './positions.ts';
import { RecordFeed } from './record-feed.ts';
import type { Sink, SinkBatch } from './sink.ts';

const UNLIMITED: Sink['limits'] = { events: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY };

/** One writer's way to one sink: what comes next, kept until it has arrived. */
export class Lane {
  readonly #logs: Logs;
  readonly #writer: string;
  readonly #sink: Pick<Sink, 'limits' | 'bounds'>;
  readonly #positions: Positions;
  readonly #records: RecordFeed;
  readonly #checkpoints: CheckpointFeed;
  #held: SinkBatch | undefined;

  constructor(options: { readonly logs: Logs; readonly writer: string; readonly sink: Pick<Sink, 'limits' | 'bounds'>; readonly positions: Positions }) {
    const { logs, writer, sink, positions } = options;
    this.#logs = logs;
    this.#writer = writer;
    this.#sink = sink;
    this.#positions = positions;
    const { next, signed } = positions.get(writer);
    this.#records = new RecordFeed(logs, writer, next);
    this.#checkpoints = new CheckpointFeed(logs.folder, writer, signed);
  }

  /** The batch that is being sent. */
  get held(): SinkBatch | undefined {
    return this.#held;
  }

  get missed(): number {
    return this.#records.missed;
  }

  /** The batch to send now, the same one until `arrived` is called; undefined where there is nothing. */
  async next(): Promise<SinkBatch | undefined> {
    this.#held ??= await this.#gather();
    return this.#held;
  }

  arrived(): void {
    const batch = this.#held;
    if (!batch) return;
    const { signed } = this.#positions.get(this.#writer);
    this.#positions.set(this.#writer, { next: batch.next, signed: batch.checkpoints.at(-1)?.size ?? signed });
    this.#held = undefined;
  }

  async close(): Promise<void> {
    await this.#records.close();
  }

  async #gather(): Promise<SinkBatch | undefined> {
    const { next: from, signed, sending } = this.#positions.get(this.#writer);
    const records =
      sending === undefined ? await this.#records.take(await this.#logs.end(this.#writer), this.#sink.limits) : await this.#records.take(sending, UNLIMITED);
    const { next } = this.#records;
    const checkpoints = await this.#checkpoints.take(next);
    if (records.length === 0 && checkpoints.length === 0) {
      // Nothing is left of what was to come: the position goes on without it.
      if (next > from) this.#positions.set(this.#writer, { next, signed });
      return undefined;
    }
    if (this.#sink.bounds === 'fixed' && records.length > 0 && sending === undefined) {
      this.#positions.set(this.#writer, { next: from, signed, sending: next });
      await this.#positions.save();
    }
    return { writer: this.#writer, first: records[0]?.index ?? next, next, records, checkpoints };
  }
}
