import { noteIsSigned, signNote, type NoteSigner, type NoteVerifier } from './note.ts';

/** What a log's writer signs about it: its size and the tree's root. Source: c2sp.org/tlog-checkpoint. */
export interface Checkpoint {
  /** `<installation>/<writer>`. */
  readonly origin: string;
  readonly size: number;
  /** Base64. */
  readonly root: string;
}

export interface CheckpointNote {
  /** Position in the text that was parsed. */
  readonly offset: number;
  /** Absent where the note cannot be read. */
  readonly checkpoint?: Checkpoint;
  readonly text: string;
  readonly signatures: readonly string[];
}

export function originOf(installation: string, writer: string): string {
  return `${installation}/${writer}`;
}

export function signCheckpoint({ origin, size, root }: Checkpoint, signer: NoteSigner): string {
  return signNote(`${origin}\n${size}\n${root}\n`, origin, signer);
}

/** Notes one after another, an empty line between them. `rest` is an unfinished note at the end: a writer died, or is writing. */
export function parseCheckpoints(source: string): { readonly notes: readonly CheckpointNote[]; readonly rest: number } {
  const notes: CheckpointNote[] = [];
  let offset = 0;
  for (;;) {
    const body = source.indexOf('\n\n', offset);
    const end = body < 0 ? -1 : source.indexOf('\n\n', body + 2);
    if (end < 0) return { notes, rest: offset };
    notes.push(parseNote(source.slice(offset, body + 1), source.slice(body + 2, end).split('\n'), offset));
    offset = end + 2;
  }
}

/** As it is kept in a file: closed by an empty line, so that an unfinished one can be told. */
export function closedNote(note: string): string {
  return `${note}\n`;
}

function parseNote(text: string, signatures: readonly string[], offset: number): CheckpointNote {
  const [origin, size, root] = text.split('\n');
  const whole = origin && size && root && /^(?:0|[1-9]\d{0,15})$/.test(size) && Buffer.from(root, 'base64').length === 32;
  return { offset, text, signatures, ...(whole ? { checkpoint: { origin, size: Number(size), root } } : {}) };
}

export function checkpointIsSigned(note: CheckpointNote, verifiers: readonly NoteVerifier[]): boolean {
  return note.checkpoint !== undefined && noteIsSigned(note.text, note.signatures, note.checkpoint.origin, verifiers);
}

/** The roots that were signed for logs of each size: more than one of a size is a fork. */
export function rootsBySize(checkpoints: readonly Checkpoint[]): ReadonlyMap<number, ReadonlySet<string>> {
  const roots = new Map<number, Set<string>>();
  for (const { size, root } of checkpoints) roots.set(size, (roots.get(size) ?? new Set()).add(root));
  return roots;
}

/** 0 where there is none. */
export function newestSize(checkpoints: readonly Checkpoint[]): number {
  return checkpoints.reduce((newest, { size }) => Math.max(newest, size), 0);
}
