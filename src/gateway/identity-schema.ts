import { z } from 'zod';

const issuer = z
  .strictObject({
    issuer: z
      .url({ protocol: /^https?$/ })
      .max(2048)
      .describe('The `iss` of its tokens; `/.well-known/openid-configuration` is read below it.'),
    audience: z.string().min(1).max(2048).describe('The `aud` that its tokens carry for this gateway. A token for `<url>/mcp/<target>` is accepted as well.'),
    claims: z
      .strictObject({
        id: z.string().min(1).default('sub').describe('Claim with the id, unique at the issuer.'),
        name: z.string().min(1).default('email').describe('Claim with the name that rules use: `person:<name>`.'),
        groups: z.string().min(1).default('groups').describe('Claim with the list of groups.'),
      })
      .prefault({})
      .describe('Which claims say who it is.'),
    kind: z.enum(['person', 'workload', 'ai-agent']).default('person').describe('What the subjects of this issuer are.'),
  })
  .describe('An issuer whose signed tokens are accepted as they are.');

/** Every door has its part here, in a file of its own. */
export const identitySchema = z.strictObject({
  issuers: z.array(issuer).max(50).default([]).describe('Whose tokens are accepted.'),
});
