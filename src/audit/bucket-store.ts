import { explainError, isSallyportError, SallyportError } from '../core/error.ts';
import { Bucket, type BucketSettings } from './sinks/s3-client.ts';
import type { SinkDeps } from './sinks/deps.ts';
import type { ObjectStore } from './verify-bucket.ts';

export interface BucketStoreOptions {
  readonly settings: BucketSettings;
  /** Of the keys; empty, or ends in a slash. */
  readonly prefix: string;
  readonly deps: SinkDeps;
  readonly signal?: AbortSignal;
}

export interface OpenBucketStore extends ObjectStore {
  close(): Promise<void>;
}

/** A bucket where it is: it is listed and read, and nothing is put there. */
export function openBucketStore({ settings, prefix, deps, signal = new AbortController().signal }: BucketStoreOptions): OpenBucketStore {
  const bucket = new Bucket(settings, deps);
  return {
    async *list() {
      try {
        yield* bucket.list(prefix, signal);
      } catch (error) {
        throw forReader(error);
      }
    },
    read: async (key) =>
      bucket.read(key, signal).catch((error: unknown) => {
        throw forReader(error);
      }),
    close: () => bucket.close(),
  };
}

/** The client speaks for whoever writes, and tries again; a reader is told how to get in. */
function forReader(error: unknown): unknown {
  if (!isSallyportError(error)) return error;
  const { code } = error;
  const cause = error.cause === undefined ? '' : ` (${explainError(error.cause)})`;
  if (code === 'upstream_unreachable' || code === 'upstream_timeout')
    return new SallyportError(code, `${error.message}${cause}`, { cause: error, hint: 'check --endpoint, and the way there' });
  if (code === 'upstream_invalid')
    return new SallyportError(code, error.message, {
      cause: error,
      hint: 'check the name of the bucket, --region, and that the access key may list and read it',
    });
  return error;
}
