import { z } from 'zod';

export const listSchema = z.strictObject({
  cursor: z.string().min(1).max(128).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});
