/** The package brings no types: what `s3.ts` uses of it. */
declare module '@20minutes/s3rver' {
  import type { RequestListener } from 'node:http';

  interface Store {
    putBucket(bucket: string): Promise<void>;
    existsObject(bucket: string, key: string): Promise<boolean>;
  }

  export default class S3rver {
    readonly store: Store;
    constructor(options: { readonly directory: string; readonly silent: boolean; readonly vhostBuckets: boolean });
    callback(): RequestListener;
  }
}
