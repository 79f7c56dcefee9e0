import { z } from 'zod';
import { isForbiddenHost } from '../network/address.ts';
import { isLocal, outgoingSchema, secretSchema } from './notify-schema.ts';

const MIB = 1 << 20;

const filePath = z.string().min(1).max(4096);
const ca = filePath.optional().describe("A file of certificates to trust instead of the machine's own; relative to this file.");
export const duration = z.string().regex(/^[1-9][0-9]{0,5}(?:ms|s|m)$/, 'write a number and a unit: 500ms, 30s');
const timeout = duration.default('30s').describe('For one request; what is not done by then is tried again.');

const hostAndPort = z
  .string()
  .regex(/^(?:\[[0-9a-fA-F:]+\]|[^\s:[\]/@]{1,255}):\d{1,5}$/, 'write host:port, such as logs.example.com:6514')
  .refine((text) => Number(text.slice(text.lastIndexOf(':') + 1)) < 65_536, { message: 'not a port', params: { fix: 'write a port below 65536' } })
  .refine((text) => !isForbiddenHost(text.slice(0, text.lastIndexOf(':')).replace(/^\[|\]$/g, ''), 'configured'), {
    message: "address is a cloud's metadata service or link-local",
    params: { fix: "name the receiver's own host" },
  });

export const objectLockSchema = z.strictObject({
  mode: z.enum(['governance', 'compliance']).describe('`compliance`: nobody can delete an object before its time, not even the account itself.'),
  days: z.int().min(1).max(36_500).describe('How long from the time of writing.'),
});

export const s3Schema = z.strictObject({
  bucket: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'the name of a bucket')
    .describe('The bucket; it is not made.'),
  region: z
    .string()
    .regex(/^[a-z0-9-]{1,64}$/, 'a region such as eu-central-1')
    .default('us-east-1')
    .describe('Its region, which is part of each signature.'),
  endpoint: outgoingSchema
    .refine((value) => !URL.canParse(value) || new URL(value).search === '', {
      message: 'an endpoint has no query',
      params: { fix: 'remove everything from the ? on' },
    })
    .optional()
    .describe('A server other than AWS, such as https://minio.example.com:9000; the bucket is then part of the path.'),
  prefix: z
    .string()
    .regex(/^(?:[A-Za-z0-9._-]{1,100}\/){0,8}$/, 'segments of letters, digits, dots, dashes and underscores, each with a slash behind it')
    .default('sallyport/')
    .describe('How the names of its objects begin. Installations that share a bucket need prefixes of their own.'),
  accessKeyId: secretSchema.describe('The access key: `{ env: NAME }` or `{ file: PATH }`.'),
  secretAccessKey: secretSchema.describe('Its secret: `{ env: NAME }` or `{ file: PATH }`.'),
  sessionToken: secretSchema.optional().describe('With temporary credentials: `{ env: NAME }` or `{ file: PATH }`.'),
  every: duration.default('5s').describe('How long to gather records for an object that is not full.'),
  objectBytes: z
    .int()
    .min(65_536)
    .max(256 * MIB)
    .default(16 * MIB)
    .describe('An object ends with the record that takes it over this.'),
  partBytes: z
    .int()
    .min(5 * MIB)
    .max(256 * MIB)
    .default(8 * MIB)
    .describe('A larger object goes up in parts of this size, and goes on with the next part after a break.'),
  overwrite: z
    .enum(['refuse', 'allow'])
    .default('refuse')
    .describe('`refuse` puts with `If-None-Match: *`, so that nothing that is there is replaced. `allow` for servers that do not know it.'),
  objectLock: objectLockSchema.optional().describe('Locks each object; the bucket must have been made with object lock.'),
  timeout,
  ca,
});

export const otlpSchema = z
  .strictObject({
    url: outgoingSchema.describe('Where logs go, with the path: https://collector.example.com:4318/v1/logs.'),
    headers: z
      .record(z.string().regex(/^[A-Za-z0-9-]{1,128}$/, 'the name of a header'), secretSchema)
      .default({})
      .describe('Headers, such as `Authorization: { env: OTLP_AUTHORIZATION }`.'),
    batch: z.int().min(1).max(10_000).default(500).describe('Records of one request.'),
    timeout,
    ca,
  })
  .refine((one) => Object.keys(one.headers).length === 0 || !URL.canParse(one.url) || new URL(one.url).protocol === 'https:' || isLocal(new URL(one.url)), {
    message: 'a secret in a header is not sent in the clear',
    params: { fix: 'use https, or leave headers out' },
  });

export const syslogTlsSchema = z.strictObject({
  ca: filePath.optional().describe("A file of certificates to trust instead of the machine's own."),
  cert: filePath.optional().describe('A file with a certificate of the gateway, where the receiver wants one.'),
  key: filePath.optional().describe('The file with its private key.'),
  serverName: z.string().min(1).max(255).optional().describe("The name in the receiver's certificate, where it is not the host."),
});

export const syslogSchema = z.strictObject({
  address: hostAndPort.describe('The receiver, as host:port; 6514 is usual with TLS, 514 or 601 without.'),
  tls: z
    .union([
      syslogTlsSchema.refine((one) => (one.cert === undefined) === (one.key === undefined), {
        message: 'cert and key belong together',
        params: { fix: 'write both or none' },
      }),
      z.literal('none'),
    ])
    .prefault({})
    .describe('TLS is on. `none`: plain TCP, which anyone on the way can read and change.'),
  facility: z.int().min(0).max(23).default(13).describe('The facility as a number; 13 is "log audit".'),
  hostName: z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/, 'printable ASCII without spaces')
    .optional()
    .describe("What stands as the sender (default: the machine's name)."),
  appName: z
    .string()
    .regex(/^[\x21-\x7e]{1,48}$/, 'printable ASCII without spaces')
    .default('sallyport')
    .describe('What stands as the application.'),
  enterprise: z.int().min(1).max(4_294_967_295).default(32_473).describe('The enterprise number in the name of the structured data.'),
  maxBytes: z
    .int()
    .min(2048)
    .max(MIB)
    .default(8192)
    .describe('What the receiver takes in one message. A longer event is sent without its text, with the hash of its leaf.'),
  batch: z.int().min(1).max(10_000).default(1000).describe('Messages of one connection.'),
  timeout,
});

export const auditWebhookSchema = z.strictObject({
  url: outgoingSchema.describe('Gets a signed POST for each batch.'),
  secret: secretSchema.describe('Of the signature in `webhook-signature`: `{ env: NAME }` or `{ file: PATH }`.'),
  batch: z.int().min(1).max(10_000).default(500).describe('Events of one request.'),
  timeout,
  ca,
});

export const fileSchema = z.strictObject({
  path: filePath.describe('The file; relative to this file. Its folder must be there.'),
  rotateBytes: z
    .int()
    .min(4096)
    .max(1024 ** 4)
    .default(256 * MIB)
    .describe('A file that has grown over this is put aside, with the time in its name. Nothing is ever deleted.'),
});

const name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'lower-case letters, digits and dashes')
  .optional()
  .describe('Its name in metrics and messages, and that of its position (default: the kind). Under another name everything is shipped again.');

const sinkSchema = z.union([
  z.strictObject({ name, s3: s3Schema }),
  z.strictObject({ name, otlp: otlpSchema }),
  z.strictObject({ name, syslog: syslogSchema }),
  z.strictObject({ name, webhook: auditWebhookSchema }),
  z.strictObject({ name, file: fileSchema }),
]);
export type SinkDocument = z.output<typeof sinkSchema>;

const RESERVED = ['index', 'alerts'];

export const sinksSchema = z
  .array(sinkSchema)
  .max(20)
  .superRefine((all, context) => {
    const names = all.map(sinkName);
    for (const [i, one] of names.entries()) {
      if (RESERVED.includes(one)) context.addIssue({ code: 'custom', path: [i], message: `the name ${one} is taken`, params: { fix: 'choose another one' } });
      if (names.indexOf(one) !== i)
        context.addIssue({ code: 'custom', path: [i], message: `two sinks are called ${one}`, params: { fix: 'give one of them a name' } });
    }
  });

/** The given name, or the kind. */
export function sinkName({ name: given, ...kind }: SinkDocument): string {
  return given ?? Object.keys(kind)[0] ?? '';
}
