import { SallyportError } from '../../core/error.ts';
import { decodeUtf8 } from '../../core/json.ts';

const NEWLINE = 0x0a;

/** The lines of a stream of bytes, without their ends; empty ones are left out. Throws `limit_exceeded` for one that is too long. */
export async function* readLines(input: AsyncIterable<Uint8Array>, maxBytes: number): AsyncIterable<string> {
  let parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of input) {
    let rest = chunk;
    for (let end = rest.indexOf(NEWLINE); end >= 0; end = rest.indexOf(NEWLINE)) {
      const line = text([...parts, rest.subarray(0, end)]);
      [parts, length] = [[], 0];
      rest = rest.subarray(end + 1);
      if (line !== '') yield line;
    }
    length += rest.length;
    if (length > maxBytes) throw new SallyportError('limit_exceeded', `a message is longer than ${maxBytes} bytes`);
    if (rest.length > 0) parts.push(rest);
  }
  const last = text(parts);
  if (last !== '') yield last;
}

const text = (parts: readonly Uint8Array[]): string => decodeUtf8(Buffer.concat(parts)).replace(/\r$/, '').trim();
