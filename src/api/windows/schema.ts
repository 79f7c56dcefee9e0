import { z } from 'zod';

const line = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .refine((text) => !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u.test(text) && text.trim() === text, 'one line without control or invisible characters');

export const windowSchema = z.strictObject({
  target: line(128),
  command: line(512),
  /** CEL, as in `when`. */
  constraint: z.string().min(1).max(2000).optional(),
  for: z.string().regex(/^[1-9][0-9]{0,5}(?:s|m|h)$/, 'write a number and a unit: 30m, 2h'),
  reason: line(1000),
  breakGlass: z.boolean().default(false),
});
