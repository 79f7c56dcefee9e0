import { z } from 'zod';
import { actsForSchema, clientsSchema, workloadsSchema } from './machine-schema.ts';
import { oidcSchema } from './oidc-schema.ts';
import { samlSchema } from './saml-schema.ts';
import { scimSchema } from './scim-schema.ts';

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
    actsFor: actsForSchema,
  })
  .refine((one) => one.kind === 'ai-agent' || one.actsFor.length === 0, {
    error: 'only AI agents act for people',
    path: ['actsFor'],
    params: { fix: 'write kind: ai-agent' },
  })
  .describe('An issuer whose signed tokens are accepted as they are.');

const domain = z.string().regex(/^(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$/, 'a domain in lower case: example.com');

const provider = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, 'lower-case letters, digits and hyphens')
      .describe('In its addresses: `<url>/sign-in/<name>/...`.'),
    title: z.string().min(1).max(100).optional().describe('On the button. Absent: the name.'),
    domains: z
      .array(domain)
      .max(100)
      .default([])
      .describe('Whoever types an e-mail address of one of these is sent here; and a name that the provider gives has to be an address of one of them.'),
    oidc: oidcSchema.optional(),
    saml: samlSchema.optional(),
    scim: scimSchema.optional(),
  })
  .refine((one) => (one.oidc === undefined) !== (one.saml === undefined), {
    error: 'what kind of provider it is, is not said, or said twice',
    params: { fix: 'write oidc: { ... } or saml: { ... }' },
  })
  .describe('A provider that people sign in with.');

type Provider = z.output<typeof provider>;

const providers = z
  .array(provider)
  .max(50)
  .default([])
  .refine((all) => isUnique(all.map(({ name }) => name)), { error: 'two providers have one name', params: { fix: 'give each a name of its own' } })
  .refine((all) => isUnique(all.flatMap(({ domains }: Provider) => domains)), {
    error: 'two providers have one domain',
    params: { fix: 'each domain belongs to one provider' },
  })
  .refine(
    (all) =>
      all.every(({ saml }) => saml === undefined || all.filter((one: Provider) => (one.oidc?.issuer ?? one.saml?.entityId) === saml.entityId).length === 1),
    {
      error: 'two providers have one entityId',
      params: { fix: 'people of one issuer come in by one door: configure it once' },
    },
  )
  .refine((all) => isUnique(all.flatMap((one: Provider) => (one.scim ? [one.oidc?.issuer ?? one.saml?.entityId] : []))), {
    error: 'two providers keep the people of one issuer',
    params: { fix: 'write scim for one of them' },
  });

const isUnique = (texts: readonly (string | undefined)[]): boolean => new Set(texts).size === texts.length;

const local = z.union([z.enum(['on', 'off']), z.array(z.string().min(1).max(320)).min(1).max(100)]).default('on');

/** Every door has its part here, in a file of its own. */
export const identitySchema = z
  .strictObject({
    issuers: z.array(issuer).max(50).default([]).describe('Whose tokens are accepted.'),
    providers: providers.describe('Whom people sign in with.'),
    workloads: workloadsSchema,
    clients: clientsSchema,
    local: local.describe('Which local accounts may sign in: `on` (all), `off`, or a list of names for emergencies.'),
    oauth: z
      .enum(['on', 'off'])
      .default('on')
      .describe('The OAuth server for MCP clients: they find it by themselves, and people sign in in their browser. `off`: clients are sent to the issuers.'),
  })
  .refine((one) => one.local !== 'off' || one.providers.length > 0, {
    error: 'nobody could sign in',
    path: ['local'],
    params: { fix: 'configure a provider first' },
  })
  .refine((one) => one.oauth === 'on' || (one.workloads.length === 0 && one.clients.length === 0), {
    error: 'workloads and clients get their tokens from the OAuth server, which is off',
    path: ['oauth'],
    params: { fix: 'write oauth: on, or leave it out' },
  });
