import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { explainError, SallyportError } from '../core/error.ts';
import { post, type Post } from '../network/post.ts';
import { closedNote, parseCheckpoints } from './checkpoint.ts';
import { consistencyProof } from './consistency.ts';
import { cosignedPath } from './cosigned.ts';
import type { Journal } from './journal.ts';
import { findCosignature, parseWitnessKey, type WitnessKey } from './witness-key.ts';

export interface WitnessOptions {
  readonly journal: Journal;
  readonly witnesses: readonly { readonly url: string; readonly key: string }[];
  /** Between two looks whether there is a new checkpoint. Default 10,000. */
  readonly everyMs?: number;
  readonly send?: Post;
  readonly report?: (error: unknown) => void;
}

export interface Witnesses {
  /** Has the newest checkpoint cosigned now. Happens by itself, too. */
  cosign(): Promise<void>;
  close(): Promise<void>;
}

const EVERY_MS = 10_000;
const TIMEOUT_MS = 10_000;

/**
 * Shows checkpoints to witnesses (C2SP tlog-witness), which remember what they saw and cosign nothing that does not continue it. Their
 * cosignatures are kept beside the log, in `cosigned`. A witness that is away holds up nothing.
 */
export function startWitnesses({ everyMs = EVERY_MS, report = () => {}, ...options }: WitnessOptions): Witnesses {
  const feeds = options.witnesses.map(({ url, key }) => new WitnessFeed({ ...options, url, key: parseWitnessKey(key) }));
  const cosign = async (): Promise<void> => {
    const outcomes = await Promise.allSettled(feeds.map((feed) => feed.cosign()));
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  };
  let running: Promise<void> | undefined;
  const timer = setInterval(() => {
    running ??= cosign()
      .catch(report)
      .finally(() => (running = undefined));
  }, everyMs);
  timer.unref();
  return {
    cosign,
    async close() {
      clearInterval(timer);
      await running;
    },
  };
}

interface FeedOptions extends Pick<WitnessOptions, 'journal' | 'send'> {
  readonly url: string;
  readonly key: WitnessKey;
}

class WitnessFeed {
  readonly #options: FeedOptions;
  /** Size of what the witness saw last; unknown after a start, when it is asked. */
  #seen = 0;

  constructor(options: FeedOptions) {
    this.#options = options;
  }

  async cosign(): Promise<void> {
    const { journal, key } = this.#options;
    const shown = journal.newest?.text ?? '';
    const [note] = parseCheckpoints(`${shown}\n`).notes;
    const size = note?.checkpoint?.size ?? 0;
    if (!note || size <= this.#seen) return;
    let answer = await this.#ask(size, shown);
    if ('seen' in answer) {
      this.#seen = this.#continued(answer.seen, size);
      if (this.#seen === size) return;
      answer = await this.#ask(size, shown);
    }
    const cosignature = 'lines' in answer ? findCosignature(answer.lines, note.text, key) : undefined;
    if (cosignature === undefined) throw failed(key.name, 'its answer holds no cosignature by its key');
    const cosigned = `${note.text}\n${[...note.signatures, cosignature].join('\n')}\n`;
    await appendFile(cosignedPath(join(journal.folder, journal.writer)), closedNote(cosigned), { mode: 0o600, flush: true });
    this.#seen = size;
  }

  /** A witness that saw more than there is: what it saw is gone. */
  #continued(seen: number, size: number): number {
    if (seen <= size) return seen;
    throw new SallyportError(
      'verify_failed',
      `the witness ${this.#options.key.name} saw ${seen} events of this log, which now has ${size}: it was rolled back`,
      {
        hint: 'run `sallyport audit verify` with a checkpoint that was kept elsewhere',
      },
    );
  }

  async #ask(size: number, note: string): Promise<{ readonly lines: readonly string[] } | { readonly seen: number }> {
    const { journal, url, key, send = post } = this.#options;
    const proof = await consistencyProof(journal.folder, journal.writer, this.#seen, size);
    const body = `old ${this.#seen}\n${proof.map((hash) => `${hash.toString('base64')}\n`).join('')}\n${note}`;
    const target = `${url.replace(/\/$/, '')}/add-checkpoint`;
    const { status, body: text } = await send(target, { headers: {}, body }, AbortSignal.timeout(TIMEOUT_MS)).catch((cause: unknown) => {
      throw failed(key.name, explainError(cause));
    });
    if (status === 200) return { lines: text.split('\n') };
    if (status === 409 && /^\d{1,16}\n?$/.test(text)) return { seen: Number(text) };
    throw failed(key.name, `it answers with status ${status}`);
  }
}

function failed(name: string, why: string): SallyportError {
  return new SallyportError('upstream_unreachable', `the witness ${name} did not cosign: ${why}`, {
    hint: 'it is tried again; until then a rollback is found by other means',
  });
}
