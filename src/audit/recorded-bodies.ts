import { LogReader } from './log-reader.ts';
import type { RecordingKeys } from './recording-keys.ts';
import { BodyOpener, leafOf, type EventPlace, type RecordedBody } from './replay.ts';
import type { Frame } from './frame.ts';
import { unlessMissing } from './unless-missing.ts';

interface Line {
  readonly reader: LogReader;
  readonly opener: BodyOpener;
  /** Of the last reads: what is asked for is in order but for events of one moment. */
  readonly near: { readonly segment: string; readonly frames: ReadonlyMap<number, Frame> }[];
}

/** A read is about a megabyte. */
const READS = 4;

/** Reads what was said with many events, asked for nearly in the order of the record. Of other gateways' journals nothing is here. */
export class RecordedBodies {
  readonly #folder: string;
  readonly #recording: RecordingKeys;
  readonly #lines = new Map<string, Line>();

  constructor({ folder, recording }: { readonly folder: string; readonly recording: RecordingKeys }) {
    this.#folder = folder;
    this.#recording = recording;
  }

  async of(place: EventPlace): Promise<readonly RecordedBody[]> {
    const line = await this.#line(place);
    const found = await frameAt(line, place.index).catch(unlessMissing);
    return found ? line.opener.open(leafOf(found.frame), found.frame.bodies, found.segment) : [];
  }

  async close(): Promise<void> {
    for (const { reader } of this.#lines.values()) await reader.close();
  }

  async #line({ writer, index }: EventPlace): Promise<Line> {
    const known = this.#lines.get(writer);
    if (known && (nearFrame(known.near, index) || index >= known.reader.next)) return known;
    await known?.reader.close();
    const line: Line = {
      reader: new LogReader(this.#folder, writer, index),
      opener: known?.opener ?? new BodyOpener(writer, this.#recording),
      near: [],
    };
    this.#lines.set(writer, line);
    return line;
  }
}

interface FoundFrame {
  readonly segment: string;
  readonly frame: Frame;
}

async function frameAt({ reader, near }: Line, index: number): Promise<FoundFrame | undefined> {
  while (nearFrame(near, index) === undefined && reader.next <= index) {
    const frames = await reader.read();
    if (frames.length === 0) return undefined;
    near.push({ segment: reader.segment, frames: new Map(frames.map((frame) => [frame.index, frame])) });
    if (near.length > READS) near.shift();
  }
  return nearFrame(near, index);
}

function nearFrame(near: Line['near'], index: number): FoundFrame | undefined {
  for (const { segment, frames } of near) {
    const frame = frames.get(index);
    if (frame) return { segment, frame };
  }
  return undefined;
}
