import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkpointIsSigned, parseCheckpoints, type Checkpoint } from './checkpoint.ts';
import type { Problem } from './problem.ts';
import type { NoteVerifier } from './note.ts';
import { isOf } from './signed-checkpoints.ts';
import { judgeCosignature, type WitnessKey } from './witness-key.ts';
import { unlessMissing } from './unless-missing.ts';

/** What a verifier demands of witnesses. */
export interface WitnessDemand {
  readonly keys: readonly WitnessKey[];
  /** So many of them are enough. */
  readonly quorum: number;
  /** What was recorded longer than this before the log's newest event has to be cosigned; milliseconds. */
  readonly withinMs: number;
}

export interface CosignedReport {
  /** Events that enough witnesses cosigned. */
  readonly size: number;
  readonly witnesses: readonly { readonly name: string; readonly size: number }[];
}

interface Source {
  readonly text: string;
  /** For messages. */
  readonly where: string;
}

export interface CosignedTask {
  readonly writer: string;
  readonly sources: readonly Source[];
  readonly verifiers: readonly NoteVerifier[];
  readonly demand: WitnessDemand;
  readonly problems: Problem[];
}

/** Checkpoints of one log that the demanded witnesses cosigned, and whether what they cosigned is enough of it. */
export class CosignedCheck {
  /** What the log has to agree with: a witness saw it. */
  readonly checkpoints: readonly Checkpoint[];
  readonly report: CosignedReport;
  readonly #task: CosignedTask;
  /** Times of the first event that is not cosigned, and of the newest one. */
  #since: number | undefined;
  #newest = Number.NEGATIVE_INFINITY;

  constructor(task: CosignedTask) {
    this.#task = task;
    const { keys, quorum } = task.demand;
    const sizes = new Map(keys.map((key) => [key, 0]));
    this.checkpoints = task.sources.flatMap((source) => [...this.#readSource(source, sizes)]);
    this.report = {
      size: [...sizes.values()].toSorted((a, b) => b - a)[quorum - 1] ?? 0,
      witnesses: keys.map((key) => ({ name: key.name, size: sizes.get(key) ?? 0 })),
    };
  }

  /** Called for each event that is here, in the order of the log; of some only the hash is left. */
  see({ index, time }: { readonly index: number; readonly time: string }): void {
    const at = Date.parse(time);
    if (index >= this.report.size) this.#since ??= at;
    this.#newest = Math.max(this.#newest, at);
  }

  /** After the last event of `events`. */
  end(events: number): void {
    const { size, witnesses } = this.report;
    const { writer, demand } = this.#task;
    if (events <= size) return;
    const isLate = this.#since === undefined || this.#newest - this.#since > demand.withinMs;
    if (size > 0 && !isLate) return;
    const names = witnesses.filter((one) => one.size <= size).map(({ name }) => name);
    const message = `event ${size}: it and the ${events - size - 1} after it are not cosigned by enough witnesses; missing: ${names.join(', ')}`;
    this.#report({ writer, index: size, kind: 'not-cosigned', message });
  }

  *#readSource({ text, where }: Source, sizes: Map<WitnessKey, number>): Generator<Checkpoint, void> {
    const { writer, verifiers } = this.#task;
    for (const note of parseCheckpoints(text).notes) {
      const { checkpoint, signatures, offset } = note;
      if (!checkpoint || !isOf(writer)(checkpoint)) continue;
      for (const [key, size] of sizes) {
        const verdict = judgeCosignature(signatures, note.text, key);
        if (verdict === 'absent') continue;
        const wrong = verdict === 'bad' ? `cosignature of ${key.name}` : checkpointIsSigned(note, verifiers) ? undefined : 'signature of the log';
        if (wrong === undefined) {
          sizes.set(key, Math.max(size, checkpoint.size));
          yield checkpoint;
        } else {
          const message = `the ${wrong} on the checkpoint at character ${offset} of ${where} is not right`;
          this.#report({ writer, index: checkpoint.size, segment: where, offset, kind: 'bad-signature', message });
        }
      }
    }
  }

  #report(problem: Omit<Problem, 'segment' | 'offset'> & Partial<Problem>): void {
    this.#task.problems.push({ segment: 'cosigned', offset: 0, ...problem });
  }
}

/** Checkpoints with the cosignatures of witnesses, one after another. `folder`: that of one log. */
export function cosignedPath(folder: string): string {
  return join(folder, 'cosigned');
}

export async function readCosigned(folder: string): Promise<Source> {
  const where = cosignedPath(folder);
  const text = (await readFile(where, 'utf8').catch(unlessMissing)) ?? '';
  return { text, where };
}

/** Checkpoints that were kept elsewhere may be cosigned, too. */
export function givenSources(checkpoints: readonly string[]): readonly Source[] {
  return checkpoints.map((text) => ({ text: `${text.trimEnd()}\n\n`, where: 'given checkpoint' }));
}
