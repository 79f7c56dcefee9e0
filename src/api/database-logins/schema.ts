import { z } from 'zod';

export const databaseLoginSchema = z.strictObject({
  target: z.string().min(1).max(128),
  /** How long it opens the target, from 10 minutes to 8 hours; sessions that it opened end with it. Default one hour. */
  seconds: z.int().min(1).max(86_400).default(3600),
});
