import { z } from 'zod';

export const verifySchema = z.strictObject({});
