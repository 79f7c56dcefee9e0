import { z } from 'zod';
import { secretSchema } from './notify-schema.ts';

const claim = z.string().min(1).max(256);
const text = z.string().min(1).max(320);

/** Whoever has an account there at all could come in by these. */
const OPEN_TO_ALL = /^https:\/\/login\.microsoftonline\.com\/(?:common|organizations|consumers)\b/;
const GOOGLE = 'https://accounts.google.com';
const LOOPBACK = /^http:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?(?:\/|$)/;

const issuer = z
  .url({ protocol: /^https?$/ })
  .max(2048)
  .refine((url) => url.startsWith('https:') || LOOPBACK.test(url), { error: 'the issuer is not reached by TLS', params: { fix: 'write https://...' } })
  .refine((url) => !OPEN_TO_ALL.test(url), {
    error: 'everybody with a Microsoft account could sign in',
    params: { fix: 'write the issuer of your own tenant: https://login.microsoftonline.com/<tenant id>/v2.0' },
  })
  .refine((url) => !/[?#@\s]/.test(url), { error: 'not an issuer', params: { fix: 'write it as the discovery document has it' } });

export const oidcSchema = z
  .strictObject({
    issuer: issuer.describe('Exactly the `issuer` of its `/.well-known/openid-configuration`.'),
    clientId: text.describe('Of the application that was registered there; its redirect URI is `<url>/sign-in/<name>/callback`.'),
    clientSecret: secretSchema.optional().describe('Absent: a public client, which PKCE alone protects.'),
    scopes: z
      .array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,256}$/, 'a scope'))
      .min(1)
      .max(30)
      .default(['openid', 'email', 'profile'])
      .refine((scopes) => scopes.includes('openid'), { error: 'without `openid` it is no sign-in', params: { fix: 'add openid' } })
      .describe('What is asked for.'),
    claims: z
      .strictObject({
        id: claim.default('sub').describe('Claim with the id, which is never given to another person.'),
        name: claim.default('email').describe('Claim with the name that rules use: `person:<name>`.'),
        groups: claim.default('groups').describe('Claim with the groups; with dots a path: `realm_access.roles`.'),
      })
      .prefault({})
      .describe('Which claims say who it is.'),
    groups: z
      .strictObject({
        from: z.enum(['token', 'userinfo', 'none']).default('token').describe('Where the claim is. `none`: the provider has none to give.'),
        missing: z
          .enum(['refuse', 'none'])
          .default('refuse')
          .describe('What becomes of a person without that claim. `none` is for providers that leave it out for people who are in no group.'),
        prefix: z.string().max(64).default('').describe('Put before each name, so that groups of two providers are not taken for one.'),
        graph: z
          .url({ protocol: /^https?$/ })
          .max(2048)
          .optional()
          .describe('`https://graph.microsoft.com/v1.0`: asked for the groups where there are too many for a token (Entra). Absent: such a person is refused.'),
      })
      .prefault({})
      .describe('Where groups come from.'),
    require: z
      .record(claim, z.array(text).min(1).max(100))
      .default({})
      .describe('Claims of the ID token that must have one of these values: `hd: [example.com]`.'),
    assertions: z
      .enum(['accept', 'refuse'])
      .default('refuse')
      .describe('Whether its identity assertions (ID-JAG) let clients in for people without a browser: enterprise-managed authorization.'),
    trustEmail: z.boolean().default(false).describe('Takes an e-mail address without `email_verified`. Only where the provider lets nobody choose their own.'),
  })
  .refine((one) => one.issuer !== GOOGLE || one.require['hd'] !== undefined, {
    error: 'everybody with a Google account could sign in',
    path: ['require'],
    params: { fix: 'write require: { hd: [your-domain.example] }' },
  })
  .describe('An OpenID provider.');
