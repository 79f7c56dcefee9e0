import { z } from 'zod';

const csrf = z.string().min(1).max(128);

export const consentSchema = z.strictObject({ csrf, answer: z.enum(['allow', 'deny']) });

/** First the code alone, then the code with an answer. */
export const deviceSchema = z.strictObject({ csrf, code: z.string().min(1).max(32), answer: z.enum(['allow', 'deny']).optional() });
