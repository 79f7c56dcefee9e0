import { z } from 'zod';
import { isLocal, outgoingSchema } from './notify-schema.ts';

/** Where a Vault or OpenBao is; `sent`: what must not go to it in the clear. */
export function vaultAddress(sent: string) {
  return outgoingSchema.refine((value) => !URL.canParse(value) || new URL(value).protocol === 'https:' || isLocal(new URL(value)), {
    message: `${sent} not sent in the clear`,
    params: { fix: 'use https' },
  });
}

/** Where an engine or an auth method is mounted. */
export function vaultMount(standard: string) {
  return z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}(?:\/[A-Za-z0-9_-]{1,64}){0,4}$/, 'a path of letters, digits, dashes and underscores')
    .default(standard);
}

export const vaultNamespace = z
  .string()
  .regex(/^[\x21-\x7e]{1,255}$/, 'printable ASCII without spaces')
  .optional()
  .describe('Its namespace.');
