import { readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { checkpointIsSigned, parseCheckpoints } from '../audit/checkpoint.ts';
import { parseVerifiers } from '../audit/note.ts';
import { explainError, SallyportError } from '../core/error.ts';
import type { Invocation } from './command.ts';

/** What commands on the record itself read: no gateway, no secret. */

export function dataFolder({ options, terminal }: Invocation): string {
  return resolve(options['data'] ?? terminal.env['SALLYPORT_DATA'] ?? '.sallyport');
}

/** The folder's journal. Throws `not_found` where there is none. */
export async function journalFolder(data: string): Promise<string> {
  const folder = join(data, 'journal');
  if (await stat(folder).catch(() => undefined)) return folder;
  throw new SallyportError('not_found', `there is no record in ${data}`, { hint: "name the gateway's data folder with --data DIR" });
}

/** Text of the public keys, known to be such. */
export async function publicKey({ options }: Invocation, data: string): Promise<string> {
  const file = options['key'] ?? join(data, 'keys/checkpoint.pub');
  const text = await readText(file);
  try {
    parseVerifiers(text);
    return text;
  } catch (cause) {
    const secret = text.startsWith('PRIVATE+KEY+') ? '; it holds the private key, which belongs nowhere else' : '';
    throw new SallyportError('verify_failed', `${file} is no public key of a gateway: ${explainError(cause)}${secret}`, {
      hint: 'it is what the gateway wrote to keys/checkpoint.pub: lines of name, id and key, joined by plus signs',
    });
  }
}

/** Checkpoints that were kept elsewhere, known to be signed by one of the keys. */
export async function keptCheckpoints({ options }: Invocation, keys: string): Promise<readonly string[]> {
  const file = options['checkpoint'];
  if (file === undefined) return [];
  const text = await readText(file);
  const { notes } = parseCheckpoints(`${text.trimEnd()}\n\n`);
  if (notes.length === 0 || notes.some(({ checkpoint }) => checkpoint === undefined))
    throw new SallyportError('verify_failed', `${file} holds no checkpoint`, {
      hint: 'a checkpoint is a signed note: three lines (log, size, root), an empty line, and signatures',
    });
  const verifiers = parseVerifiers(keys);
  const foreign = notes.find((note) => !checkpointIsSigned(note, verifiers));
  if (foreign)
    throw new SallyportError('verify_failed', `a checkpoint in ${file}, of ${foreign.checkpoint?.origin}, is not signed by the key of ${verifiers[0]?.name}`, {
      hint: 'it is of another gateway, it was changed, or the key is of another time: name its public key with --key',
    });
  return [text];
}

export async function readText(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((cause: unknown) => {
    throw new SallyportError('not_found', `${file} cannot be read`, { cause, hint: 'name a file that is there, and that you may read' });
  });
}
