import { z } from 'zod';
import { EXPORT_FORMATS } from '../../audit/export/format.ts';

export const verifySchema = z.strictObject({});

const name = z.string().min(1).max(256).optional();
/** With its zone, so that nobody has to guess it. */
const time = z.iso
  .datetime({ offset: true })
  .transform((text) => Date.parse(text))
  .optional();

const fields = {
  subject: name,
  target: name,
  command: name,
  rule: name,
  effect: z.enum(['allow', 'deny', 'review']).optional(),
  kind: name,
  session: name,
};
const text = z.string().min(1).max(1024).optional();

export const searchSchema = z.strictObject({
  ...fields,
  text,
  since: time,
  until: time,
  cursor: z.string().min(1).max(128).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});

export const tailSchema = z.strictObject({ ...fields, after: z.string().min(1).max(8192).optional() });

export const exportSchema = z.strictObject({
  ...fields,
  text,
  since: time,
  until: time,
  format: z.enum(EXPORT_FORMATS).default('jsonl'),
  content: z.enum(['yes', 'no']).default('no'),
});
