/** A server that speaks S3, checks signatures, and keeps objects in a temporary folder. */
import { createServer, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import S3rver from '@20minutes/s3rver';
import { listen } from './listen.ts';

/** The only account of that server. */
export const S3_ACCESS_KEY = 'S3RVER';
export const S3_SECRET_KEY = 'S3RVER';
export const S3_BUCKET = 'audit';

export interface S3Request {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
}

export interface S3Server {
  readonly port: number;
  readonly requests: readonly S3Request[];
  makeBucket(): Promise<void>;
  removeBucket(): Promise<void>;
  /** All that it stores, as Latin-1. */
  everything(): Promise<string>;
  close(): Promise<void>;
}

/** What that server leaves out and others have: a condition that an object is not there yet. */
async function isRefused(server: S3rver, { method = '', url = '', headers }: IncomingMessage): Promise<boolean> {
  if (headers['if-none-match'] !== '*' || (method !== 'PUT' && method !== 'POST')) return false;
  const [, bucket = '', ...key] = new URL(url, 'http://s3').pathname.split('/');
  return server.store.existsObject(bucket, decodeURIComponent(key.join('/')));
}

export async function startS3(): Promise<S3Server> {
  const directory = await mkdtemp(join(tmpdir(), 'sallyport-s3-'));
  const server = new S3rver({ directory, silent: true, vhostBuckets: false });
  const handle = server.callback();
  const requests: S3Request[] = [];
  const { port, close } = await listen(
    createServer((request, response) => {
      requests.push({ method: request.method ?? '', path: request.url ?? '', headers: request.headers });
      void isRefused(server, request).then((refused) => {
        if (!refused) return handle(request, response);
        request.resume();
        return response.writeHead(412, { 'content-type': 'application/xml' }).end('<Error><Code>PreconditionFailed</Code></Error>');
      });
    }),
  );
  await server.store.putBucket(S3_BUCKET);
  return {
    port,
    requests,
    makeBucket: () => server.store.putBucket(S3_BUCKET),
    removeBucket: () => rm(join(directory, S3_BUCKET), { recursive: true, force: true }),
    async everything() {
      const files = (await readdir(directory, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
      return (await Promise.all(files.map((file) => readFile(join(file.parentPath, file.name), 'latin1')))).join('');
    },
    async close() {
      await close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
