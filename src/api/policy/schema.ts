import { z } from 'zod';
import type { JsonValue } from '../../core/json.ts';

export const explainSchema = z.strictObject({
  /** `person:alice`, `workload:ci`, `ai-agent:helper`; without a kind, a person. */
  subject: z
    .string()
    .regex(/^(?:(?:person|workload|ai-agent):)?[^:\s][^:]*$/, 'write person:NAME, workload:NAME or ai-agent:NAME')
    .max(340),
  groups: z.array(z.string().min(1).max(320)).max(100).default([]),
  target: z.string().min(1).max(128),
  command: z.string().min(1).max(512),
  args: z.custom<JsonValue>((value) => value !== undefined).default({}),
});
