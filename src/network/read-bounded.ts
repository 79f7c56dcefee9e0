import { SallyportError } from '../core/error.ts';

/** A body that somebody else sent, whole. Throws `upstream_invalid` as soon as it is longer than `limit` bytes, and reads no further. */
export async function readBounded(body: AsyncIterable<Buffer>, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.byteLength;
    if (length > limit) throw new SallyportError('upstream_invalid', `the reply is longer than ${limit} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
