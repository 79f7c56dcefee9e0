/** Names of the objects in a bucket. README.md says what is in them. */
export type BucketObject =
  | { readonly kind: 'records'; readonly writer: string; readonly first: number; readonly next: number }
  | { readonly kind: 'checkpoints'; readonly writer: string; readonly size: number };

/** Numbers are padded, so that a listing, which is sorted by name, is in the order of the log. */
const DIGITS = 16;
const padded = (count: number): string => String(count).padStart(DIGITS, '0');

/** `prefix` is empty or ends in a slash. */
export function objectKey(prefix: string, object: BucketObject): string {
  const name = object.kind === 'records' ? `${padded(object.first)}-${padded(object.next)}` : padded(object.size);
  return `${prefix}${object.writer}/${object.kind}/${name}`;
}

/** Undefined where the key is none of ours. */
export function parseObjectKey(prefix: string, key: string): BucketObject | undefined {
  if (!key.startsWith(prefix)) return undefined;
  const [, writer, first, next, size] = PATTERN.exec(key.slice(prefix.length)) ?? [];
  if (writer === undefined) return undefined;
  if (size !== undefined) return { kind: 'checkpoints', writer, size: Number(size) };
  return { kind: 'records', writer, first: Number(first), next: Number(next) };
}

const PATTERN = /^([A-Za-z0-9][A-Za-z0-9._-]{0,63})\/(?:records\/(\d{16})-(\d{16})|checkpoints\/(\d{16}))$/;
