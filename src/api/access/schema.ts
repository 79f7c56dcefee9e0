import { z } from 'zod';
import { readDuration } from '../../policy/duration.ts';

export const accessSchema = z.strictObject({
  /** `12h`, `30d`; at most a year. */
  since: z
    .string()
    .refine((text) => readDuration(text) !== undefined, 'a number and a unit: 12h, 30d')
    .default('30d'),
});
