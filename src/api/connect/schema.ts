import { z } from 'zod';

export const answerSchema = z.strictObject({ csrf: z.string().max(200), answer: z.enum(['connect', 'disconnect']) });

/** What an authorization server sends a browser back with; others may stand beside. */
export const arrivalSchema = z.object({
  state: z.string().min(1).max(200),
  code: z.string().min(1).max(4096).optional(),
  error: z.string().max(200).optional(),
  iss: z.string().max(2048).optional(),
});

export const connectionSchema = z.strictObject({ id: z.string().regex(/^[0-9A-HJKMNP-TV-Z]{26}$/, 'as connections are listed') });
