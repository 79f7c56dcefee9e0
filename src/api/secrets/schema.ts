import { z } from 'zod';

const name = z.string().regex(/^[a-z0-9](?:[a-z0-9._-]{0,61}[a-z0-9])?$/, 'lower-case letters, digits, `.`, `_` and `-`, at most 63');

export const emptySchema = z.strictObject({});

export const namedSchema = z.strictObject({ name });

export const secretSchema = z.strictObject({
  name,
  value: z
    .string()
    .min(1)
    .max(32 * 1024)
    .refine((value) => !value.includes('\0') && value.isWellFormed(), 'text without NUL'),
});
