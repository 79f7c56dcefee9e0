import { z } from 'zod';
import { LONGEST_LOGIN_MS, SHORTEST_LOGIN_MS } from '../../credential/database-logins.ts';

export const databaseLoginSchema = z.strictObject({
  target: z.string().min(1).max(128),
  /** How long it opens the target, from 10 minutes to 8 hours; sessions that it opened end with it. Default one hour. */
  seconds: z
    .int()
    .min(SHORTEST_LOGIN_MS / 1000)
    .max(LONGEST_LOGIN_MS / 1000)
    .default(3600),
});
