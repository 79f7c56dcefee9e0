/** A witness of the tests' own, over HTTP: it remembers what it saw of each log, asks for proof that it is continued, and cosigns. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { createServer } from 'node:http';
import { checkpointIsSigned, parseCheckpoints } from '../../src/audit/checkpoint.ts';
import { parseVerifiers } from '../../src/audit/note.ts';
import { cosignedMessage, witnessKeyId } from '../../src/audit/witness-key.ts';
import { isConsistent } from './consistency.ts';
import { listen } from './listen.ts';

export interface TestWitness {
  readonly url: string;
  /** Its verifier key. */
  readonly key: string;
  readonly seen: ReadonlyMap<string, { readonly size: number; readonly root: string }>;
  close(): Promise<void>;
}

export async function startWitness(logKeys: string, name = 'witness.example'): Promise<TestWitness> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const publicBytes = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32);
  const id = witnessKeyId(name, publicBytes);
  const seen = new Map<string, { size: number; root: string }>();

  const answer = (body: string): readonly [status: number, text: string] => {
    const split = body.indexOf('\n\n');
    const [first = '', ...proof] = body.slice(0, split).split('\n');
    const old = Number(/^old (\d+)$/.exec(first)?.[1]);
    const [note] = parseCheckpoints(`${body.slice(split + 2).trimEnd()}\n\n`).notes;
    const checkpoint = note?.checkpoint;
    if (!note || !checkpoint) return [400, 'bad request'];
    if (!checkpointIsSigned(note, parseVerifiers(logKeys))) return [403, 'unknown signature'];
    const known = seen.get(checkpoint.origin) ?? { size: 0, root: '' };
    if (old !== known.size) return [409, `${known.size}\n`];
    const hashes = proof.map((line) => Buffer.from(line, 'base64'));
    if (known.size > 0 && !isConsistent(known, checkpoint, hashes)) return [422, 'the proof does not hold'];
    seen.set(checkpoint.origin, { size: checkpoint.size, root: checkpoint.root });
    const seconds = Math.floor(Date.now() / 1000);
    const time = Buffer.alloc(8);
    time.writeBigUInt64BE(BigInt(seconds));
    const signature = Buffer.concat([id, time, sign(null, cosignedMessage(note.text, BigInt(seconds)), privateKey)]);
    return [200, `\u2014 ${name} ${signature.toString('base64')}\n`];
  };

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const [status, text] = request.url === '/add-checkpoint' ? answer(Buffer.concat(chunks).toString()) : ([404, ''] as const);
      response.writeHead(status).end(text);
    });
  });
  const { port, close } = await listen(server);
  return {
    url: `http://127.0.0.1:${port}`,
    key: `${name}+${id.toString('hex')}+${Buffer.concat([Buffer.from([4]), publicBytes]).toString('base64')}`,
    seen,
    close,
  };
}
