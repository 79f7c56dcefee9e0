import { z } from 'zod';

export const lockSchema = z.strictObject({
  kind: z.enum(['subject', 'target', 'session']),
  name: z
    .string()
    .min(1)
    .max(320)
    .refine((name) => !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u.test(name) && name.trim() === name, 'a name without control or invisible characters'),
  reason: z.string().max(500).default(''),
});
