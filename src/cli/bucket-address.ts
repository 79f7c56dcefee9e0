import type { BucketSettings } from '../audit/sinks/s3-client.ts';
import { SallyportError } from '../core/error.ts';
import { addressProblem } from '../policy/address.ts';
import type { Invocation } from './command.ts';

export interface BucketAddress {
  readonly settings: BucketSettings;
  /** Empty, or ends in a slash. */
  readonly prefix: string;
}

/** A large object over a slow line takes its time. */
const TIMEOUT_MS = 300_000;

/** Where `s3://BUCKET/PREFIX` is, and how to get in: by the variables that other S3 clients read. Throws `usage` for what is no such place. */
export function bucketAddress(place: string, { options, terminal: { env } }: Pick<Invocation, 'options' | 'terminal'>): BucketAddress {
  const [, bucket, path = ''] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/.exec(place) ?? [];
  if (bucket === undefined) throw new SallyportError('usage', `${place} is no bucket`, { hint: 'write s3://BUCKET/PREFIX' });
  const { endpoint, ca } = options;
  const wrong = endpoint === undefined ? undefined : addressProblem(endpoint);
  if (wrong) throw new SallyportError('usage', `--endpoint: ${wrong.message}`, { hint: wrong.fix });
  return {
    settings: {
      bucket,
      region: options['region'] ?? env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION'] ?? 'us-east-1',
      accessKeyId: { env: 'AWS_ACCESS_KEY_ID' },
      secretAccessKey: { env: 'AWS_SECRET_ACCESS_KEY' },
      ...(env['AWS_SESSION_TOKEN'] ? { sessionToken: { env: 'AWS_SESSION_TOKEN' } } : {}),
      ...(endpoint === undefined ? {} : { endpoint }),
      ...(ca === undefined ? {} : { ca }),
      timeoutMs: TIMEOUT_MS,
    },
    prefix: path === '' || path.endsWith('/') ? path : `${path}/`,
  };
}
