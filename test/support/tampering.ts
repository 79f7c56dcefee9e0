/** What somebody who can write to the data folder may do to a log, for the test and the soak run that see whether it is found. */
import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { closedNote, parseCheckpoints, signCheckpoint } from '../../src/audit/checkpoint.ts';
import { FRAME_HEADER, sealFrame, type Frame } from '../../src/audit/frame.ts';
import { openJournal } from '../../src/audit/open-journal.ts';
import { leafText, readLeaf } from '../../src/audit/leaf.ts';
import { generateSignerText, parseSigner, type NoteSigner } from '../../src/audit/note.ts';
import { listSegments, type Segment } from '../../src/audit/segment.ts';
import { SegmentReader } from '../../src/audit/segment-reader.ts';
import { leafHash, Tree } from '../../src/audit/tree.ts';
import { verifyLog, type VerifyReport } from '../../src/audit/verify.ts';
import { makeEvent } from '../../src/core/event.ts';
import type { Random } from './random.ts';

interface LogSegment {
  readonly segment: Segment;
  readonly bytes: Buffer;
  readonly frames: readonly Frame[];
}

/** A whole log, with its last events behind the newest checkpoint, and what is needed to put it back as it was. */
export interface TamperedLog {
  readonly root: string;
  readonly folder: string;
  readonly publicKey: string;
  readonly signer: NoteSigner;
  readonly events: number;
  /** Covered by the newest checkpoint. */
  readonly covered: number;
  readonly notes: string;
  /** The newest checkpoint, as somebody keeps it elsewhere. */
  readonly kept: string;
  readonly segments: readonly LogSegment[];
}

const SIGN_EVERY = 7;

/** The log as a process leaves it that is killed: 60 events in several segments, the last three not yet signed. */
export async function makeLog(): Promise<TamperedLog> {
  const root = await mkdtemp(join(tmpdir(), 'sallyport-tamper-'));
  const live = join(root, 'live');
  const journal = await openJournal({
    folder: join(live, 'journal'),
    keysFolder: join(live, 'keys'),
    writer: 'w1',
    segmentBytes: 8000,
    checkpointEveryMs: 3_600_000,
  });
  for (let i = 0; i < 60; i += 1) {
    const body = { name: 'request', contentType: 'application/json', bytes: Buffer.from(`{"n":${i}}`) } as const;
    const event = makeEvent(i % 2 ? 'reply.received' : 'command.forwarded', { session: `s-${i % 5}`, target: 'models', note: `event number ${i}` });
    await journal.append(event, [body]);
    if (i < 57 && i % SIGN_EVERY === SIGN_EVERY - 1) await journal.checkpoint();
    if (i === 56) await journal.checkpoint();
  }
  await cp(join(live, 'journal'), join(root, 'journal'), { recursive: true });
  await cp(join(live, 'keys'), join(root, 'keys'), { recursive: true });
  await journal.close();
  return readLog(root);
}

export const removeLog = ({ root }: TamperedLog): Promise<void> => rm(root, { recursive: true });

async function readLog(root: string): Promise<TamperedLog> {
  const folder = join(root, 'journal', 'w1');
  const segments: LogSegment[] = [];
  for (const segment of await listSegments(folder)) {
    const reader = await SegmentReader.open(segment.path, segment.body);
    segments.push({ segment, bytes: await readFile(segment.path), frames: await reader.read() });
    await reader.close();
  }
  const notes = await readFile(join(folder, 'checkpoints'), 'utf8');
  const newest = parseCheckpoints(notes).notes.at(-1);
  const signer = parseSigner(await readFile(join(root, 'keys', 'checkpoint.key'), 'utf8'));
  return {
    root,
    folder,
    publicKey: await readFile(join(root, 'keys', 'checkpoint.pub'), 'utf8'),
    signer,
    events: segments.reduce((sum, { frames }) => sum + frames.length, 0),
    covered: newest?.checkpoint?.size ?? 0,
    notes,
    kept: `${newest?.text}\n${newest?.signatures.join('\n')}\n`,
    segments,
  };
}

/** Puts the log back as it was. */
async function restoreLog({ folder, notes, segments }: TamperedLog): Promise<void> {
  await writeFile(join(folder, 'checkpoints'), notes);
  for (const { segment, bytes } of segments) await writeFile(segment.path, bytes);
}

export function verifyTampered(log: TamperedLog, checkpoints: readonly string[] = []): Promise<VerifyReport> {
  return verifyLog({ folder: join(log.root, 'journal'), publicKey: log.publicKey, checkpoints });
}

export interface Done {
  /** Index of the first event that is not what it was; as many as there are where only checkpoints were touched. */
  readonly touched: number;
  /** Found by what is in the folder itself, or only with a checkpoint that was kept elsewhere. */
  readonly foundBy: 'anybody' | 'kept checkpoint';
}

type Mutation = (log: TamperedLog, random: Random) => Promise<Done>;

const anybody = (touched: number): Done => ({ touched, foundBy: 'anybody' });

function pick<T>(items: readonly T[], random: Random): T {
  return at(items, random(items.length));
}

function at<T>(items: readonly T[], index: number): T {
  const item = items[index];
  assert.ok(item !== undefined);
  return item;
}

const rawFrames = ({ bytes, frames }: LogSegment): Buffer[] => frames.map(({ offset, size }) => Buffer.from(bytes.subarray(offset, offset + size)));

async function writeFrames({ segment, bytes }: LogSegment, frames: readonly Buffer[]): Promise<void> {
  await writeFile(segment.path, Buffer.concat([bytes.subarray(0, segment.body), ...frames]));
}

/** A careful forger's frame: other content at the same place, with a right CRC. */
function forged(frame: Frame, index: number, change: (note: string) => string): Buffer {
  const leaf = readLeaf(frame.leaf);
  assert.ok(leaf);
  const text = Buffer.from(leafText({ ...leaf, index, note: change(leaf.note ?? '') }));
  const bytes = Buffer.concat([Buffer.alloc(FRAME_HEADER), text, frame.bodies]);
  sealFrame(bytes, text.length, index, frame.startsCommit ? 'first-of-commit' : 'later');
  return bytes;
}

const same = (note: string): string => note;

/** Index of the event in which this byte of the segment is; what stands before the first belongs to it. */
function eventAt({ frames }: LogSegment, byte: number): number {
  const first = at(frames, 0).index;
  return frames.findLast(({ offset }) => offset <= byte)?.index ?? first;
}

/** History from one event on is another one, and everything is numbered and signed by this key. */
async function rewrite(log: TamperedLog, random: Random, signer: NoteSigner): Promise<number> {
  const number = random(log.segments.length);
  const each = at(log.segments, number);
  const place = random(each.frames.length);
  const frames = each.frames.map((frame, i) => (i < place ? at(rawFrames(each), i) : forged(frame, frame.index, (note) => note.replace('event', 'story'))));
  await writeFrames(each, frames);
  for (const later of log.segments.slice(number + 1)) await unlink(later.segment.path);
  const tree = new Tree();
  for (const { frames: kept } of log.segments.slice(0, number)) for (const { prefixedLeaf } of kept) tree.add(leafHash(prefixedLeaf));
  for (const frame of frames) tree.add(leafHash(frame.subarray(FRAME_HEADER - 1, FRAME_HEADER + frame.readUInt32BE(8))));
  const touched = at(each.frames, place).index;
  const { notes } = parseCheckpoints(log.notes);
  const own = notes
    .filter(({ checkpoint }) => (checkpoint?.size ?? 0) <= touched)
    .map(({ text, signatures }) => closedNote(`${text}\n${signatures.join('\n')}\n`));
  const origin = `${log.signer.name}/w1`;
  const note = signCheckpoint({ origin, size: tree.size, root: tree.root().toString('base64') }, signer);
  await writeFile(join(log.folder, 'checkpoints'), [...own, closedNote(note)].join(''));
  return touched;
}

export const MUTATIONS: Readonly<Record<string, Mutation>> = {
  'edit a byte': async (log, random) => {
    const each = pick(log.segments, random);
    const bytes = Buffer.from(each.bytes);
    const place = random(bytes.length);
    bytes.writeUInt8(bytes.readUInt8(place) ^ (1 << random(8)), place);
    await writeFile(each.segment.path, bytes);
    return anybody(eventAt(each, place));
  },
  'edit an event with care': async (log, random) => {
    const each = pick(log.segments, random);
    const place = random(each.frames.length);
    const frame = at(each.frames, place);
    await writeFrames(
      each,
      rawFrames(each).with(
        place,
        forged(frame, frame.index, (note) => note.replace('event', 'evenX')),
      ),
    );
    return anybody(frame.index);
  },
  'delete an event': async (log, random) => {
    const each = pick(log.segments, random);
    const place = random(each.frames.length);
    await writeFrames(each, rawFrames(each).toSpliced(place, 1));
    return anybody(at(each.frames, place).index);
  },
  'delete an event and number the rest anew': async (log, random) => {
    const each = pick(log.segments, random);
    const place = random(each.frames.length);
    const first = at(each.frames, 0).index;
    await writeFrames(
      each,
      each.frames.toSpliced(place, 1).map((frame, i) => forged(frame, first + i, same)),
    );
    return anybody(at(each.frames, place).index);
  },
  'duplicate an event': async (log, random) => {
    const each = pick(log.segments, random);
    const place = random(each.frames.length);
    const frames = rawFrames(each);
    await writeFrames(each, frames.toSpliced(place, 0, at(frames, place)));
    return anybody(at(each.frames, place).index + 1);
  },
  'insert an event': async (log, random) => {
    const each = pick(log.segments, random);
    const place = random(each.frames.length);
    const frame = at(each.frames, place);
    const inserted = forged(frame, frame.index, () => 'never happened');
    await writeFrames(each, rawFrames(each).toSpliced(place, 0, inserted));
    return anybody(frame.index);
  },
  'swap two events': async (log, random) => {
    const each = pick(log.segments, random);
    const frames = rawFrames(each);
    const place = random(frames.length - 1);
    await writeFrames(each, frames.toSpliced(place, 2, at(frames, place + 1), at(frames, place)));
    return anybody(at(each.frames, place).index);
  },
  'swap what two events say': async (log, random) => {
    const each = pick(log.segments, random);
    const place = random(each.frames.length - 1);
    const [a, b] = [at(each.frames, place), at(each.frames, place + 1)];
    await writeFrames(each, rawFrames(each).toSpliced(place, 2, forged(b, a.index, same), forged(a, b.index, same)));
    return anybody(a.index);
  },
  'cut the tail': async (log, random) => {
    const each = at(log.segments, log.segments.length - 1);
    const end = random(each.bytes.length);
    await writeFile(each.segment.path, each.bytes.subarray(0, end));
    return anybody(eventAt(each, end));
  },
  'cut the tail of a segment in between': async (log, random) => {
    const each = at(log.segments, random(log.segments.length - 1));
    const end = random(each.bytes.length);
    await writeFile(each.segment.path, each.bytes.subarray(0, end));
    return anybody(eventAt(each, end));
  },
  'drop a segment': async (log, random) => {
    const each = pick(log.segments, random);
    await unlink(each.segment.path);
    return anybody(at(each.frames, 0).index);
  },
  'change a ciphertext with care': async (log, random) => {
    const each = pick(log.segments, random);
    const frames = rawFrames(each);
    const place = random(frames.length);
    const [frame, { leaf, index, startsCommit }] = [at(frames, place), at(each.frames, place)];
    const byte = FRAME_HEADER + leaf.length + random(frame.length - FRAME_HEADER - leaf.length);
    frame.writeUInt8(frame.readUInt8(byte) ^ 1, byte);
    sealFrame(frame, leaf.length, index, startsCommit ? 'first-of-commit' : 'later');
    await writeFrames(each, frames);
    return anybody(index);
  },
  'sign a checkpoint with another key': async (log, random) => {
    const { notes } = parseCheckpoints(log.notes);
    const other = parseSigner(generateSignerText(log.signer.name));
    const place = random(notes.length);
    const source = notes.map(({ checkpoint, text, signatures }, i) =>
      closedNote(i === place && checkpoint ? signCheckpoint(checkpoint, other) : `${text}\n${signatures.join('\n')}\n`),
    );
    await writeFile(join(log.folder, 'checkpoints'), source.join(''));
    return anybody(log.events);
  },
  'rewrite history and sign it with another key': async (log, random) => anybody(await rewrite(log, random, parseSigner(generateSignerText(log.signer.name)))),
  'fork: rewrite history and sign it with the right key': async (log, random) => ({
    touched: await rewrite(log, random, log.signer),
    foundBy: 'kept checkpoint',
  }),
  'drop the checkpoints': async (log) => {
    await unlink(join(log.folder, 'checkpoints'));
    return { touched: log.events, foundBy: 'anybody' };
  },
};

/**
 * Does one thing to the log, and throws where it is not found as it has to be: reported where a checkpoint covers it, the first bad place named, and
 * nothing from there on counted as covered. Puts the log back.
 */
export async function tamperOnce(log: TamperedLog, name: string, random: Random): Promise<'reported' | 'not yet covered'> {
  const done = await at([MUTATIONS[name]], 0)?.(log, random);
  assert.ok(done);
  const { touched, foundBy } = done;
  const isCovered = touched < log.covered || touched === log.events;
  const report = await verifyTampered(log, foundBy === 'anybody' ? [] : [log.kept]);
  const [writer] = report.writers;
  await restoreLog(log);
  // A fork that the right key signed is as it was signed: only whoever kept the other checkpoint knows.
  assert.ok(foundBy === 'kept checkpoint' || (writer?.covered ?? 0) <= touched, `${name}: event ${touched} counts as covered`);
  if (!isCovered) return report.ok ? 'not yet covered' : 'reported';
  assert.equal(report.ok, false, `${name} at event ${touched}: not reported`);
  const [first] = report.problems;
  assert.ok(first && first.message !== '' && first.segment !== '');
  const place = report.problems.find(({ kind }) => kind !== 'bad-signature');
  if (touched === log.events || foundBy === 'kept checkpoint' || !place) return 'reported';
  // A forger who made everything right but the tree is found between two checkpoints, and the place names the first event after the earlier one.
  assert.ok(place.index <= touched && touched - place.index < SIGN_EVERY, `${name} at event ${touched}: named as ${place.index} (${place.message})`);
  return 'reported';
}
