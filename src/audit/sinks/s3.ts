import { closedNote } from '../checkpoint.ts';
import { objectKey } from './bucket-layout.ts';
import type { SinkDeps } from './deps.ts';
import { Bucket, type BucketSettings } from './s3-client.ts';
import { upload, type UploadSettings } from './s3-upload.ts';
import { SENT, type Sink } from './sink.ts';

export interface S3Settings extends BucketSettings, Pick<UploadSettings, 'partBytes' | 'overwrite'> {
  /** Empty, or ends in a slash. */
  readonly prefix: string;
  /** An object ends with the record that takes it over this. */
  readonly objectBytes: number;
  /** How long to gather what is less. */
  readonly everyMs: number;
  readonly objectLock?: ObjectLock;
}

export interface ObjectLock {
  readonly mode: 'GOVERNANCE' | 'COMPLIANCE';
  readonly days: number;
}

/** `notes`: file that remembers an unfinished upload. */
export function createS3Sink(settings: S3Settings, deps: SinkDeps & { readonly notes: string }): Sink {
  const bucket = new Bucket(settings, deps);
  const { partBytes, overwrite, prefix, objectLock } = settings;
  const uploads = { partBytes, overwrite, notes: deps.notes, headers: () => lockHeaders(objectLock, deps.now()) };
  return {
    kind: 's3',
    limits: { events: 50_000, bytes: settings.objectBytes },
    gatherMs: settings.everyMs,
    bounds: 'fixed',
    async send({ writer, first, next, records, checkpoints }, signal) {
      if (records.length > 0) {
        const key = objectKey(prefix, { kind: 'records', writer, first, next });
        await upload(bucket, uploads, { key, chunks: records.map(({ frame }) => frame) }, signal);
      }
      const size = checkpoints.at(-1)?.size;
      if (size !== undefined) {
        const key = objectKey(prefix, { kind: 'checkpoints', writer, size });
        // After a crash the same newest one may come with fewer before it, so these may be overwritten: each proves itself.
        await upload(bucket, { ...uploads, overwrite: 'allow' }, { key, chunks: checkpoints.map(({ note }) => Buffer.from(closedNote(note))) }, signal);
      }
      return SENT;
    },
    close: () => bucket.close(),
  };
}

/** Both need a bucket with object lock. A checksum goes with every object, which S3 demands of locked ones. */
function lockHeaders(lock: ObjectLock | undefined, now: number): Readonly<Record<string, string>> {
  if (!lock) return {};
  const until = new Date(now + lock.days * 86_400_000).toISOString();
  return { 'x-amz-object-lock-mode': lock.mode, 'x-amz-object-lock-retain-until-date': until };
}
