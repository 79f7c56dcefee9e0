import { z } from 'zod';

export const answerSchema = z.strictObject({
  /** Of the definition that was looked at: an answer to another one is a conflict. */
  hash: z.string().regex(/^[0-9a-f]{64}$/, 'the hash of the definition, as the list shows it'),
});
