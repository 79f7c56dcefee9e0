import { readFile } from 'node:fs/promises';
import { SallyportError } from '../core/error.ts';
import type { Event } from '../core/event.ts';
import type { Body } from '../core/recorder.ts';
import { openBody, SEAL_OVERHEAD, sealedHash, unwrapKey, type WrappedKey } from './data-keys.ts';
import { leafAt, readLeaf, type Leaf, type SealedBody } from './leaf.ts';
import { LogReader } from './log-reader.ts';
import { keysPath, listWriters } from './segment.ts';
import type { RecordingKeys } from './recording-keys.ts';
import type { Frame } from './frame.ts';
import { unlessMissing } from './unless-missing.ts';

export interface RecordedBody {
  readonly name: Body['name'];
  readonly contentType: string;
  /** The payload as it was recorded: masked. Absent where its key was erased, or where it is elsewhere. */
  readonly text?: string;
  /** The writer whose journal has the payload, where that is another gateway's. */
  readonly elsewhere?: string;
}

export interface RecordedEvent {
  readonly event: Event;
  readonly bodies: readonly RecordedBody[];
}

/** Where an event stands: what the index knows of it. */
export interface EventPlace {
  readonly writer: string;
  readonly index: number;
}

export interface ReadSessionOptions {
  /** The data folder's `journal/`. */
  readonly folder: string;
  readonly recording: RecordingKeys;
  readonly session: string;
  /** From the index; without them the whole journal is read through. */
  readonly places?: readonly EventPlace[];
}

/** One session's events with what was said, in the order in which they were recorded. Throws `verify_failed` where a body was changed. */
export async function* readSession({ folder, recording, session, places }: ReadSessionOptions): AsyncIterable<RecordedEvent> {
  const writers = places ? [...new Set(places.map(({ writer }) => writer))] : await listWriters(folder);
  for (const writer of writers) {
    const indexes = places?.filter((place) => place.writer === writer).map(({ index }) => index);
    const opener = new BodyOpener(writer, recording);
    for await (const { leaf, bodies, segment } of readSessionRecords({ folder, writer, session, ...(indexes ? { indexes } : {}) })) {
      yield { event: eventOf(leaf), bodies: await opener.open(leaf, bodies, segment) };
    }
  }
}

interface SessionRecord {
  readonly leaf: Leaf;
  readonly bodies: Buffer;
  readonly segment: string;
}

interface SessionTask {
  readonly folder: string;
  readonly writer: string;
  readonly session: string;
  readonly indexes?: readonly number[];
}

async function* readSessionRecords({ folder, writer, session, indexes }: SessionTask): AsyncIterable<SessionRecord> {
  const wanted = indexes && new Set(indexes);
  const limit = indexes && indexes.reduce((a, b) => Math.max(a, b), -1) + 1;
  // A cheap look before the leaf is parsed: its text holds the session's id as JSON.
  const mark = JSON.stringify(session).slice(1, -1);
  const reader = new LogReader(folder, writer, indexes ? indexes.reduce((a, b) => Math.min(a, b), Number.MAX_SAFE_INTEGER) : 0);
  try {
    for (let frames = await reader.read(limit); frames.length > 0; frames = await reader.read(limit)) {
      const segment = reader.segment;
      for (const frame of frames) {
        const leaf = mayBe(frame, wanted, mark) ? readLeaf(frame.leaf) : undefined;
        if (leaf?.session === session) yield { leaf, bodies: frame.bodies, segment };
      }
    }
  } finally {
    await reader.close();
  }
}

function mayBe(frame: Frame, wanted: ReadonlySet<number> | undefined, mark: string): boolean {
  return wanted ? wanted.has(frame.index) : frame.leaf.includes(mark);
}

/** The event without its place. */
export function eventOf({ writer: _writer, index: _index, bodies: _bodies, ...event }: Leaf): Event {
  return event;
}

/** Opens bodies with the data keys that lie beside their segment; the last segment's keys are kept at hand. */
export class BodyOpener {
  readonly #writer: string;
  readonly #recording: RecordingKeys;
  #segment = '';
  #keys: ReadonlyMap<string, WrappedKey> = new Map();

  constructor(writer: string, recording: RecordingKeys) {
    this.#writer = writer;
    this.#recording = recording;
  }

  async open(leaf: Leaf, stored: Buffer, segment: string): Promise<readonly RecordedBody[]> {
    const opened: RecordedBody[] = [];
    let at = 0;
    for (const [ordinal, body] of (leaf.bodies ?? []).entries()) {
      const sealed = stored.subarray(at, at + body.bytes + SEAL_OVERHEAD);
      at += sealed.length;
      const key = await this.#key(body.key, segment);
      opened.push({ name: body.name, contentType: body.contentType, ...(key ? { text: this.#text(leaf, body, ordinal, sealed, key) } : {}) });
    }
    return opened;
  }

  #text({ session = '', index, id }: Leaf, body: SealedBody, ordinal: number, sealed: Buffer, key: WrappedKey): string {
    if (sealedHash(sealed) !== body.sha256)
      throw new SallyportError('verify_failed', `the ${body.name} of event ${id} is not the one that was recorded`, { hint: 'run `sallyport audit verify`' });
    return openBody(this.#writer, unwrapKey(this.#writer, key, this.#recording), { session, index, name: body.name, ordinal }, sealed).toString();
  }

  async #key(id: string, segment: string): Promise<WrappedKey | undefined> {
    // A segment that is being written gets more keys: one that is not known is looked up anew.
    if (segment !== this.#segment || !this.#keys.has(id)) {
      this.#keys = await readKeys(keysPath(segment));
      this.#segment = segment;
    }
    return this.#keys.get(id);
  }
}

async function readKeys(path: string): Promise<ReadonlyMap<string, WrappedKey>> {
  const text = (await readFile(path, 'utf8').catch(unlessMissing)) ?? '';
  // What stands behind the last newline is unfinished, and no acknowledged record needs it.
  const lines = text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
  return new Map(lines.filter((line) => line.trim() !== '').map((line) => parseKey(line, path)));
}

function parseKey(line: string, path: string): readonly [string, WrappedKey] {
  try {
    // Our own format; a changed line does not unwrap.
    const key = JSON.parse(line) as WrappedKey;
    return [key.id, key];
  } catch (cause) {
    throw new SallyportError('verify_failed', `${path} holds a line that is no key`, { cause });
  }
}

/** Leaves from an index on, for whoever keeps a copy of the log. `limit`: read no further, e.g. up to the journal's `position`. */
export async function* readEvents(options: {
  readonly folder: string;
  readonly writer: string;
  readonly from?: number;
  readonly limit?: number;
}): AsyncIterable<{ readonly leaf: Leaf }> {
  const reader = new LogReader(options.folder, options.writer, options.from ?? 0);
  try {
    for (let frames = await reader.read(options.limit); frames.length > 0; frames = await reader.read(options.limit)) {
      for (const frame of frames) yield { leaf: leafOf(frame) };
    }
  } finally {
    await reader.close();
  }
}

export function leafOf({ leaf, index }: Frame): Leaf {
  return leafAt(leaf.toString(), index);
}
