import { z } from 'zod';
import { HISTORY_FACTORS } from '../../core/history.ts';
import type { JsonValue } from '../../core/json.ts';
import { readDuration } from '../../policy/duration.ts';
import { caseSchema } from '../../policy/policy-test-file.ts';
import { SUBJECT_PATTERN } from '../../policy/supposed.ts';

const target = z.string().min(1).max(128);
const command = z.string().min(1).max(2048);
const args = z.custom<JsonValue>((value) => value !== undefined).default({});

export const explainSchema = z.strictObject({
  /** `person:alice`, `workload:ci`, `ai-agent:helper`; without a kind, a person. */
  subject: z.string().regex(SUBJECT_PATTERN, 'write person:NAME, workload:NAME or ai-agent:NAME').max(340),
  groups: z.array(z.string().min(1).max(320)).max(100).default([]),
  target,
  command,
  args,
  /** What the past of the subject adds to the risk. */
  history: z.array(z.enum(HISTORY_FACTORS)).default([]),
});

export const rightsSchema = z.strictObject({
  target: z.string().min(1).max(128),
  /** As rules name subjects: `group:x`, `person:x`; absent: whoever a rule names. */
  as: z
    .string()
    .regex(/^(?:group|person|workload|ai-agent):.{1,320}$/, 'write group:NAME or person:NAME')
    .optional(),
  role: z
    .string()
    .regex(/^\P{Cc}{1,63}$/u, 'up to 63 characters, on one line')
    .optional(),
  database: z.string().min(1).max(63).optional(),
});

export const whoCanSchema = z.strictObject({ target, command, args });

export const simulateSchema = z.strictObject({
  /** `12h`, `30d`; at most a year. */
  since: z
    .string()
    .refine((text) => readDuration(text) !== undefined, 'a number and a unit: 12h, 30d')
    .default('30d'),
  /** The changed policy; absent: the one in force. */
  resources: z
    .array(z.strictObject({ file: z.string().min(1).max(256), text: z.string() }))
    .max(100)
    .optional(),
});

/** The cases of a `*.test.yaml`, as JSON. */
export const testSchema = z.strictObject({ cases: z.array(caseSchema.extend({ target })).min(1).max(500) });
