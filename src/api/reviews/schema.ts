import { z } from 'zod';

export const closeSchema = z.strictObject({ finding: z.string().min(1).max(2000) });
