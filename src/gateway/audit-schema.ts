import { z } from 'zod';
import { localSecretSchema, outgoingSchema } from './notify-schema.ts';
import { duration, sinksSchema } from './sinks-schema.ts';
import { vaultAddress, vaultMount, vaultNamespace } from './vault-schema.ts';
import { readRetention } from '../policy/retention.ts';

const witness = z.strictObject({
  url: outgoingSchema.describe('Where it listens; `add-checkpoint` is posted below it.'),
  key: z.string().min(1).max(1000).describe('Its verifier key, one line: `<name>+<id>+<key>`.'),
});

export const vaultSchema = z.strictObject({
  url: vaultAddress('a token and a key are').describe('The key server, such as https://vault.example.com:8200.'),
  mount: vaultMount('transit').describe('Where its transit engine is mounted.'),
  key: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,128}$/, 'the name of a key')
    .describe('Name of the transit key, of a kind that authenticates: aes256-gcm96 (the default there) or chacha20-poly1305.'),
  namespace: vaultNamespace,
  token: localSecretSchema.describe('A token that may update `encrypt` and `decrypt` of that key; a file that an agent renews is fine.'),
  timeout: duration.default('10s').describe('For one request.'),
  ca: z.string().min(1).max(4096).optional().describe("A file of certificates to trust instead of the machine's own; relative to this file."),
});

const recordingKeySchema = z.strictObject({ vault: vaultSchema.describe('Vault, or OpenBao: a key of its transit engine.') });

export const auditSchema = z.strictObject({
  sinks: sinksSchema.default([]).describe('Where the record goes beside the local disk: a list of `s3`, `otlp`, `syslog`, `webhook` and `file`.'),
  retention: z
    .string()
    .refine((value) => readRetention(value) !== undefined, { params: { fix: 'write days or years: 90d, 7y' }, error: 'not a retention' })
    .optional()
    .describe('How long events are kept that concern no target, or a target without a `retention` of its own: `400d`, `7y`. Default: for ever.'),
  recordingKey: recordingKeySchema
    .optional()
    .describe('A key server that wraps the key of recordings, so that no disk and no backup holds it. Default: it is `keys/recording.key`, a file.'),
  auditors: z
    .array(z.string().regex(/^(?:group|person):\S.{0,255}$/, 'write `group:x` or `person:x`'))
    .max(100)
    .default([])
    .describe('Who may read, search, export and verify all of the record: `group:x`, `person:x`. It opens no target and approves nothing.'),
  witnesses: z.array(witness).max(10).default([]).describe('Witnesses (C2SP tlog-witness) that cosign checkpoints: they remember what this gateway signed.'),
});
