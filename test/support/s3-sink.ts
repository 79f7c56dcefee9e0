/** What tests share that ship to the S3-compatible server of `test/support/s3.ts`. */
import { join } from 'node:path';
import { S3_ACCESS_KEY, S3_BUCKET, S3_SECRET_KEY } from './s3.ts';
import type { Journal } from '../../src/audit/journal.ts';
import { createS3Sink, type S3Settings } from '../../src/audit/sinks/s3.ts';
import type { Sinks } from '../../src/audit/sinks/sinks.ts';
import { QUICK_TIMEOUT_MS, shipTo, testDeps } from '../../src/audit/sinks/testing.ts';

export const S3_DEPS = testDeps({ ID: S3_ACCESS_KEY, KEY: S3_SECRET_KEY });

export function s3Settings(port: number, parts: Partial<S3Settings> = {}): S3Settings {
  return {
    endpoint: `http://127.0.0.1:${port}`,
    bucket: S3_BUCKET,
    region: 'us-east-1',
    prefix: 'sallyport/',
    accessKeyId: { env: 'ID' },
    secretAccessKey: { env: 'KEY' },
    objectBytes: 8000,
    partBytes: 8 << 20,
    everyMs: 5,
    overwrite: 'refuse',
    timeoutMs: QUICK_TIMEOUT_MS,
    ...parts,
  };
}

export function shipToS3(settings: S3Settings, journal: Journal, folder: string): Promise<Sinks> {
  return shipTo(createS3Sink(settings, { ...S3_DEPS, notes: join(folder, 's3.upload') }), journal, folder);
}
