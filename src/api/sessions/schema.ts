import { z } from 'zod';

/** Kept in the record: it has to say why something is not there any more. */
export const eraseSchema = z.strictObject({ reason: z.string().trim().min(1).max(500) });

export const listSchema = z.strictObject({
  cursor: z.string().min(1).max(128).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});
