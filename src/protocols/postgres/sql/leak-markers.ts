import { createHash } from 'node:crypto';

/** Values of the masked column of `lineage-ways.ts`. */
export const SECRETS = ['536-22-7741', '601-38-1129'];

/** What of a value would be a leak: itself, without its dashes, parts of it, turned round, and as encodings that are easily undone. */
export const MARKERS: readonly string[] = SECRETS.flatMap((secret) => [
  secret,
  secret.replaceAll('-', ''),
  secret.slice(0, 6),
  secret.slice(-7),
  [...secret].toReversed().join(''),
  Buffer.from(secret).toString('hex'),
  Buffer.from(secret).toString('base64'),
  createHash('md5').update(secret).digest('hex'),
]);
