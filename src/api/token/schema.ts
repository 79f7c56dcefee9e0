import { z } from 'zod';

export const tokenSchema = z.strictObject({ target: z.string().min(1).max(128) });
