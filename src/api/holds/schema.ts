import { z } from 'zod';

export const holdSchema = z.strictObject({
  kind: z.enum(['session', 'target']),
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'the id of a session, or the name of a target'),
  reason: z.string().max(500).default(''),
});
