import type { IncomingMessage } from 'node:http';
import type { HeaderProblem } from './headers.ts';

interface ContentProblem extends HeaderProblem {
  readonly status: number;
}

/** What the headers of a POST say about its body that cannot be taken. */
export function contentProblem(request: IncomingMessage): ContentProblem | undefined {
  const { 'content-type': type = '', 'content-encoding': encoding, accept } = request.headers;
  // As most clients say it.
  if (type === 'application/json' && encoding === undefined && accept === 'application/json, text/event-stream') return undefined;
  if (!/^application\/json(?:\s*;\s*charset="?utf-8"?)?\s*$/i.test(type))
    return { status: 415, code: -32600, message: 'Content-Type must be application/json, in UTF-8' };
  if (encoding !== undefined && encoding !== 'identity') return { status: 415, code: -32600, message: 'a compressed request is not taken' };
  if (accepts(request, 'application/json') && accepts(request, 'text/event-stream')) return undefined;
  return { status: 406, code: -32600, message: 'Accept must list application/json and text/event-stream' };
}

export function accepts(request: IncomingMessage, type: string): boolean {
  const listed = (request.headers.accept ?? '')
    .toLowerCase()
    .split(',')
    .map((each) => each.split(';')[0]?.trim());
  return listed.includes(type) || listed.includes('*/*');
}

/** The body, or undefined where it is over the limit: the rest is then not read. By events, since an iterator costs as much as all else here. */
export function collect(request: IncomingMessage, limit: number): Promise<Buffer | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > limit) return Promise.resolve(undefined);
  const { promise, resolve, reject } = Promise.withResolvers<Buffer | undefined>();
  const chunks: Buffer[] = [];
  let size = 0;
  const take = (chunk: Buffer): void => {
    size += chunk.length;
    chunks.push(chunk);
    if (size <= limit) return;
    request.off('data', take).pause();
    resolve(undefined);
  };
  request.on('data', take);
  request.on('end', () => resolve(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)));
  request.on('error', reject);
  return promise;
}
