import { z } from 'zod';

export const listSchema = z.strictObject({ status: z.enum(['pending', 'all']).default('pending') });

export const answerSchema = z.strictObject({ reason: z.string().max(2000).default('') });
