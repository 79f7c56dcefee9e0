import type { Writable } from 'node:stream';

/** Resolves when the stream takes more, or has ended; leaves no listener behind. */
export function drained(stream: Writable): Promise<void> {
  return new Promise((done) => {
    const go = (): void => {
      stream.off('drain', go);
      stream.off('close', go);
      done();
    };
    stream.on('drain', go);
    stream.on('close', go);
  });
}
