import { checkpointIsSigned, parseCheckpoints, type Checkpoint } from './checkpoint.ts';
import type { Problem } from './problem.ts';
import type { NoteVerifier } from './note.ts';

interface SignedTask {
  readonly source: string;
  readonly where: string;
  readonly writer: string;
  readonly verifiers: readonly NoteVerifier[];
  readonly problems: Problem[];
}

/** The checkpoints in a text that one of these keys signed for this writer; of any writer where it is empty. The others are problems. */
export function signedOnly({ source, where, writer, verifiers, problems }: SignedTask): readonly Checkpoint[] {
  // A note that was kept by itself need not end in an empty line.
  const { notes } = parseCheckpoints(writer === '' ? `${source.trimEnd()}\n\n` : source);
  if (writer === '' && notes.length === 0)
    problems.push({ writer, index: 0, segment: where, offset: 0, kind: 'bad-signature', message: `the ${where} is no checkpoint` });
  return notes.flatMap((note) => {
    const { checkpoint, offset } = note;
    if (checkpoint && (writer === '' || isOf(writer)(checkpoint)) && checkpointIsSigned(note, verifiers)) return [checkpoint];
    const message = `the checkpoint at character ${offset} of ${where} is not signed by this key for this log`;
    problems.push({ writer, index: checkpoint?.size ?? 0, segment: where, offset, kind: 'bad-signature', message });
    return [];
  });
}

export function isOf(writer: string): (checkpoint: Checkpoint) => boolean {
  return ({ origin }) => origin.endsWith(`/${writer}`);
}
