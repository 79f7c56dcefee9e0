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

const base64url = z.string().regex(/^[A-Za-z0-9_-]{1,40000}$/, 'base64url');
const credential = {
  id: base64url,
  rawId: base64url,
  type: z.literal('public-key'),
  // What extensions say is not used.
  clientExtensionResults: z.looseObject({}).transform(() => ({})),
};
const ceremony = z.string().min(1).max(4096);

/** What `PublicKeyCredential.toJSON()` gives (WebAuthn Level 3, 5.1). */
export const passkeyUseSchema = z.strictObject({
  ceremony,
  response: z.object({
    ...credential,
    response: z.object({ clientDataJSON: base64url, authenticatorData: base64url, signature: base64url }),
  }),
});

export const passkeyAddSchema = z.strictObject({
  ceremony,
  label: z.string().trim().min(1).max(100),
  response: z.object({
    ...credential,
    response: z.object({
      clientDataJSON: base64url,
      attestationObject: base64url,
      transports: z
        .array(z.enum(['ble', 'cable', 'hybrid', 'internal', 'nfc', 'smart-card', 'usb']))
        .max(10)
        .default([]),
    }),
  }),
});

export const passkeyIdSchema = z.strictObject({ id: base64url });

export const exchangeSchema = z.strictObject({});
