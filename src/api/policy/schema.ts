import { z } from 'zod';
import type { JsonValue } from '../../core/json.ts';
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
});

export const whoCanSchema = z.strictObject({ target, command, args });

/** The cases of a `*.test.yaml`, as JSON. */
export const testSchema = z.strictObject({ cases: z.array(caseSchema.extend({ target })).min(1).max(500) });
