import { z } from 'zod';
import { outgoingSchema } from './notify-schema.ts';
import { sinksSchema } from './sinks-schema.ts';
import { readRetention } from '../policy/retention.ts';

const witness = z.strictObject({
  url: outgoingSchema.describe('Where it listens; `add-checkpoint` is posted below it.'),
  key: z.string().min(1).max(1000).describe('Its verifier key, one line: `<name>+<id>+<key>`.'),
});

export const auditSchema = z.strictObject({
  sinks: sinksSchema.default([]).describe('Where the record goes beside the local disk: a list of `s3`, `otlp`, `syslog`, `webhook` and `file`.'),
  retention: z
    .string()
    .refine((value) => readRetention(value) !== undefined, { params: { fix: 'write days or years: 90d, 7y' }, error: 'not a retention' })
    .optional()
    .describe('How long events are kept that concern no target, or a target without a `retention` of its own: `400d`, `7y`. Default: for ever.'),
  witnesses: z.array(witness).max(10).default([]).describe('Witnesses (C2SP tlog-witness) that cosign checkpoints: they remember what this gateway signed.'),
});
