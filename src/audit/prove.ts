import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SallyportError } from '../core/error.ts';
import { checkpointIsSigned, parseCheckpoints, type Checkpoint } from './checkpoint.ts';
import { leafHashes } from './leaf-hashes.ts';
import { readLeaf, type Leaf } from './leaf.ts';
import { LogReader } from './log-reader.ts';
import { parseVerifiers } from './note.ts';
import { inclusionRanges, rootFromInclusion, rootsOf } from './proof.ts';
import { checkpointsPath, listWriters } from './segment.ts';
import { leafHash } from './tree.ts';

const FIRST_LINE = 'c2sp.org/tlog-proof@v1';
const MAX_PROOF = 4 << 20;

/**
 * A proof that one event is in a log as it was signed: C2SP tlog-proof, with the leaf itself as `extra`. It says everything that is needed to check
 * it but the public key. Throws `not_found` where there is no such event, `conflict` where no checkpoint covers it yet.
 */
export async function proveEvent(folder: string, event: string): Promise<string> {
  for (const writer of await listWriters(folder)) {
    const found = await findLeaf(folder, writer, event);
    if (!found) continue;
    const { notes } = parseCheckpoints(await readFile(checkpointsPath(join(folder, writer)), 'utf8').catch(() => ''));
    const newest = notes.findLast(({ checkpoint }) => (checkpoint?.size ?? 0) > found.index);
    if (!newest?.checkpoint)
      throw new SallyportError('conflict', `no checkpoint covers the event ${event} yet`, { hint: 'the gateway signs within seconds: try again' });
    const hashes = await rootsOf(inclusionRanges(found.index, newest.checkpoint.size), leafHashes(folder, writer));
    const note = `${newest.text}\n${newest.signatures.join('\n')}\n`;
    return `${[FIRST_LINE, `extra ${found.leaf.toString('base64')}`, `index ${found.index}`, ...hashes.map((hash) => hash.toString('base64'))].join('\n')}\n\n${note}`;
  }
  throw new SallyportError('not_found', `there is no event ${event} in this record`, { hint: 'retention may have deleted it' });
}

async function findLeaf(folder: string, writer: string, event: string): Promise<{ readonly index: number; readonly leaf: Buffer } | undefined> {
  const reader = new LogReader(folder, writer, 0);
  try {
    for (let frames = await reader.read(); frames.length > 0; frames = await reader.read()) {
      for (const { index, leaf } of frames) if (leaf.includes(event) && readLeaf(leaf)?.id === event) return { index, leaf: Buffer.from(leaf) };
    }
    return undefined;
  } finally {
    await reader.close();
  }
}

export interface ProvedEvent {
  readonly leaf: Leaf;
  readonly checkpoint: Checkpoint;
}

/** Checks a proof with the public key alone. Throws `verify_failed` with what does not fit. */
export function checkProof(text: string, publicKey: string): ProvedEvent {
  const { bytes, index, hashes, note } = parseProof(text);
  const [signed] = parseCheckpoints(`${note.trimEnd()}\n\n`).notes;
  if (!signed?.checkpoint || !checkpointIsSigned(signed, parseVerifiers(publicKey))) throw wrong('its checkpoint is not signed by this key');
  const { checkpoint } = signed;
  const root = rootFromInclusion(leafHash(Buffer.concat([Buffer.from([0]), bytes])), index, checkpoint.size, hashes);
  if (root?.toString('base64') !== checkpoint.root) throw wrong('the event is not what was signed, or not at this place');
  const leaf = readLeaf(bytes);
  if (leaf?.index !== index || !checkpoint.origin.endsWith(`/${leaf.writer}`)) throw wrong('the event says that it stands elsewhere');
  return { leaf, checkpoint };
}

function parseProof(text: string): { readonly bytes: Buffer; readonly index: number; readonly hashes: readonly Buffer[]; readonly note: string } {
  const [head = '', ...rest] = text.slice(0, MAX_PROOF).split('\n\n');
  const [first, extra, position, ...lines] = head.split('\n');
  const index = /^index (0|[1-9]\d{0,15})$/.exec(position ?? '')?.[1];
  const leaf = /^extra ([A-Za-z0-9+/]+={0,2})$/.exec(extra ?? '')?.[1];
  const hashes = lines.map((line) => Buffer.from(line, 'base64'));
  if (first !== FIRST_LINE || index === undefined || leaf === undefined || lines.length > 64 || hashes.some((hash) => hash.length !== 32))
    throw wrong('it is not what `sallyport audit prove` writes');
  return { bytes: Buffer.from(leaf, 'base64'), index: Number(index), hashes, note: rest.join('\n\n') };
}

function wrong(what: string): SallyportError {
  return new SallyportError('verify_failed', `the proof does not hold: ${what}`, { hint: 'compare the public key with the one that was kept' });
}
