/** A witness of the tests' own, over HTTP: it remembers what it saw of each log, asks for proof that it is continued, and cosigns. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { createServer } from 'node:http';
import { checkpointIsSigned, parseCheckpoints } from '../../src/audit/checkpoint.ts';
import { parseVerifiers } from '../../src/audit/note.ts';
import { nodeHash } from '../../src/audit/tree.ts';
import { cosignedMessage, witnessKeyId } from '../../src/audit/witness-key.ts';
import { listen } from './listen.ts';

export interface TestWitness {
  readonly url: string;
  /** Its verifier key. */
  readonly key: string;
  readonly seen: ReadonlyMap<string, { readonly size: number; readonly root: string }>;
  close(): Promise<void>;
}

const NAME = 'witness.example';

export async function startWitness(logKeys: string): Promise<TestWitness> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const publicBytes = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32);
  const id = witnessKeyId(NAME, publicBytes);
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
    if (known.size > 0 && !isContinued(known, checkpoint, hashes)) return [422, 'the proof does not hold'];
    seen.set(checkpoint.origin, { size: checkpoint.size, root: checkpoint.root });
    const seconds = Math.floor(Date.now() / 1000);
    const time = Buffer.alloc(8);
    time.writeBigUInt64BE(BigInt(seconds));
    const signature = Buffer.concat([id, time, sign(null, cosignedMessage(note.text, seconds), privateKey)]);
    return [200, `\u2014 ${NAME} ${signature.toString('base64')}\n`];
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
    key: `${NAME}+${id.toString('hex')}+${Buffer.concat([Buffer.from([4]), publicBytes]).toString('base64')}`,
    seen,
    close,
  };
}

interface State {
  readonly size: number;
  readonly root: string;
}

/** RFC 9162, 2.1.4.2. */
function isContinued(first: State, second: State, proof: readonly Buffer[]): boolean {
  if (first.size === second.size) return first.root === second.root && proof.length === 0;
  const path = Number.isInteger(Math.log2(first.size)) ? [Buffer.from(first.root, 'base64'), ...proof] : [...proof];
  let [fn, sn] = [first.size - 1, second.size - 1];
  while (fn % 2 === 1) [fn, sn] = [fn >> 1, sn >> 1];
  const [start, ...rest] = path;
  if (!start) return false;
  let [fr, sr] = [start, start];
  for (const node of rest) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      [fr, sr] = [nodeHash(node, fr), nodeHash(node, sr)];
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [fn >> 1, sn >> 1];
    } else sr = nodeHash(sr, node);
    [fn, sn] = [fn >> 1, sn >> 1];
  }
  return sn === 0 && fr.toString('base64') === first.root && sr.toString('base64') === second.root;
}
