import { z } from 'zod';

const text = z.string().min(1).max(1024);
const path = z.string().min(1).max(4096);
const LOOPBACK = /^http:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?(?:\/|$)/;

const address = z
  .url({ protocol: /^https?$/ })
  .max(2048)
  .refine((url) => url.startsWith('https:') || LOOPBACK.test(url), { error: 'the address is not reached by TLS', params: { fix: 'write https://...' } });

const ownKey = z.strictObject({ key: path.describe('File with the private RSA key, PEM.'), certificate: path.describe('File with its certificate, PEM.') });

export const samlSchema = z
  .strictObject({
    entityId: text.describe("The provider's entity id: the one `Issuer` of what it signs."),
    metadata: z
      .union([z.strictObject({ url: address }), z.strictObject({ file: path })])
      .optional()
      .describe("The provider's metadata: `{ url: https://... }`, read again every hour and when a signature does not fit, or `{ file: PATH }`."),
    signOn: address.optional().describe('Without metadata: where requests are sent.'),
    certificates: z.array(path).max(5).default([]).describe('Without metadata: files with the certificates of its signatures, PEM; two while it changes keys.'),
    audience: text.optional().describe('What this gateway is called there. Absent: `<url>/sign-in/<name>/metadata`.'),
    binding: z.enum(['redirect', 'post']).default('redirect').describe('How requests are sent. Replies always come by POST to `<url>/sign-in/<name>/acs`.'),
    signed: z
      .enum(['assertion', 'response', 'both'])
      .default('assertion')
      .describe('What the provider has to sign. `response` takes assertions without a signature of their own inside of a signed response.'),
    nameIdFormat: text.optional().describe('Which form of NameID is asked for. Absent: whatever the provider sends.'),
    attributes: z
      .strictObject({
        id: text.optional().describe('Attribute with the id, which is never given to another person. Absent: the NameID.'),
        name: text.optional().describe('Attribute with the name that rules use: `person:<name>`. Absent: the id.'),
        groups: text.optional().describe('Attribute with the groups. Absent: the provider has none to give.'),
      })
      .prefault({})
      .describe('Which attributes say who it is, by their `Name`.'),
    groups: z
      .strictObject({
        missing: z
          .enum(['refuse', 'none'])
          .default('refuse')
          .describe('What becomes of a person without that attribute. `none` is for providers that leave it out for people who are in no group.'),
        prefix: z.string().max(64).default('').describe('Put before each name, so that groups of two providers are not taken for one.'),
      })
      .prefault({})
      .describe('How groups are taken.'),
    encryption: z
      .array(ownKey)
      .max(3)
      .default([])
      .describe('Keys for encrypted assertions, the newest first. With one, assertions that are not encrypted are refused.'),
    signing: ownKey.optional().describe('Key for requests. Absent: they are not signed.'),
    unsolicited: z
      .enum(['refuse', 'restart'])
      .default('refuse')
      .describe(
        "What becomes of replies that nobody asked for, as a provider's own portal sends them. `restart`: nothing of it is used, and a sign-in begins.",
      ),
  })
  .refine((one) => (one.metadata === undefined) === (one.signOn !== undefined && one.certificates.length > 0), {
    error: 'where the provider is, is not said, or said twice',
    params: { fix: 'write metadata, or signOn and certificates' },
  })
  .refine((one) => one.metadata === undefined || (one.signOn === undefined && one.certificates.length === 0), {
    error: 'metadata says where the provider is and which certificates it has',
    params: { fix: 'take signOn and certificates away, or metadata' },
  })
  .describe('A SAML 2.0 identity provider.');
