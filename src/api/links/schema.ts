import { z } from 'zod';

export const formSchema = z.strictObject({ answer: z.enum(['approve', 'deny']), reason: z.string().max(2000).default('') });
