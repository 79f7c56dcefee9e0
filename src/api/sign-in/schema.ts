import { z } from 'zod';

export const signInSchema = z.strictObject({
  name: z.string().min(1).max(320),
  password: z.string().min(1).max(1024),
  /** `cli` gets the secret in the body instead of a cookie. */
  client: z.literal('cli').optional(),
});

export const emptySchema = z.strictObject({});
