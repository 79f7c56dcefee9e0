import { z } from 'zod';

export const signInSchema = z.strictObject({
  name: z.string().min(1).max(320),
  password: z.string().min(1).max(1024),
  /** `cli` gets the secret in the body instead of a cookie. */
  client: z.literal('cli').optional(),
});

/** `everywhere` ends all sign-ins of this person, in other browsers and command lines too. */
export const signOutSchema = z.strictObject({ everywhere: z.literal(true).optional() });

export const emailSchema = z.strictObject({ email: z.string().min(1).max(320) });

/** A provider may send more fields than these. */
export const samlReplySchema = z.looseObject({ SAMLResponse: z.string().min(1), RelayState: z.string().max(2048).optional() });

/** A provider may send more fields than the one. */
export const logoutSchema = z.looseObject({ logout_token: z.string().min(1).max(16_384) });
