import { z } from 'zod';

export const databaseLoginSchema = z.strictObject({
  target: z.string().min(1).max(128),
  /** How long it opens the target; what is open by then stays open. Default one hour. */
  seconds: z.int().min(1).max(86_400).default(3600),
});
