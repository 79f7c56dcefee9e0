import { z } from 'zod';
import { ruleProblem } from '../identity/workloads/workload-rule.ts';
import { secretSchema } from './notify-schema.ts';

const name = z.string().regex(/^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/, 'letters, digits, `.`, `_` and `-`');
const group = z.string().min(1).max(320);
const keys = z
  .union([z.strictObject({ url: z.url({ protocol: /^https?$/ }).max(2048) }), z.strictObject({ file: z.string().min(1).max(4096) })])
  .describe('A JWK set: `{ url: ... }` or `{ file: ... }`, which is relative to this file.');

const pattern = z.string().min(1).max(1024);
const match = z
  .record(z.string().min(1).max(256), z.union([pattern, z.array(pattern).min(1).max(100)]))
  .transform((written) => Object.fromEntries(Object.entries(written).map(([claim, value]) => [claim, typeof value === 'string' ? [value] : value])));

const workload = z
  .strictObject({
    name: name.describe('What policy calls it: `workload:<name>`.'),
    issuer: z
      .string()
      .max(2048)
      .regex(/^(?:https?:\/\/[^\s?#@]+|spiffe:\/\/[a-z0-9._-]+)$/, 'a URL, or spiffe://TRUST-DOMAIN')
      .describe('The `iss` of its tokens, exactly; `spiffe://<trust domain>` for JWT-SVIDs.'),
    audience: z.string().min(1).max(2048).optional().describe('The one `aud` of its tokens. Absent: the `url` of this gateway.'),
    keys: keys.optional().describe('Where the keys of its tokens are: `{ url: ... }` or `{ file: ... }`. Absent: what the issuer publishes.'),
    match: match.describe('What its claims must be: `repository: acme/models`, with `*` for any characters, or a list of which one must fit.'),
    groups: z.array(group).max(100).default([]).describe('Its groups.'),
    reuse: z
      .enum(['once', 'until-expiry'])
      .default('once')
      .describe(
        '`once`: a token with an id (`jti`) is exchanged once for each target. `until-expiry`: where a platform gives the same one again and again (Kubernetes, SPIFFE).',
      ),
  })
  .superRefine((rule, context) => {
    const { audience = '', keys: source, ...rest } = rule;
    const problem = ruleProblem({ ...rest, audience, ...(source ? { keys: source } : {}) });
    if (problem) context.addIssue({ code: 'custom', message: problem.message, path: ['match'], params: { fix: problem.fix } });
  })
  .describe('A job of a CI system or a service of a cluster, which brings a token that its platform issued.');

type Workload = z.output<typeof workload>;
const isUnique = (texts: readonly string[]): boolean => new Set(texts).size === texts.length;
const keysText = ({ keys: source }: Workload): string => JSON.stringify(source ?? null);

export const workloadsSchema = z
  .array(workload)
  .max(500)
  .default([])
  .refine((all) => isUnique(all.map((one) => one.name)), { error: 'two workloads have one name', params: { fix: 'write one of them, with lists under match' } })
  .refine((all) => all.every((one) => all.every((other) => one.issuer !== other.issuer || keysText(one) === keysText(other))), {
    error: 'one issuer has different keys',
    params: { fix: 'write the same keys for each workload of an issuer' },
  })
  .describe('Whose tokens are exchanged for short-lived ones of this gateway; the first that fits counts.');

export const actsForSchema = z
  .array(z.string().regex(/^(?:group|person):[^\s:][^:]*$/, 'group:NAME or person:NAME'))
  .max(100)
  .default([])
  .describe('For whom it may act, with their token and its own: `group:data-science`, `person:alice`.');

const client = z
  .strictObject({
    id: name.describe('Its `client_id`, and what policy calls it: `workload:<id>` or `ai-agent:<id>`.'),
    kind: z.enum(['workload', 'ai-agent']).describe('What it is.'),
    groups: z.array(group).max(100).default([]).describe('Its groups.'),
    keys: keys.optional().describe('Its public keys, for `private_key_jwt`: `{ url: ... }` or `{ file: ... }`.'),
    secret: secretSchema.optional().describe('A secret of at least 24 characters, for clients that have no key.'),
    actsFor: actsForSchema,
  })
  .refine((one) => (one.keys === undefined) !== (one.secret === undefined), {
    error: 'how the client proves who it is, is not said, or twice',
    params: { fix: 'write keys, or secret' },
  })
  .refine((one) => one.kind === 'ai-agent' || one.actsFor.length === 0, {
    error: 'only AI agents act for people',
    path: ['actsFor'],
    params: { fix: 'write kind: ai-agent' },
  })
  .describe('A program with a key or secret of its own, which gets tokens for itself (`client_credentials`).');

export const clientsSchema = z
  .array(client)
  .max(500)
  .default([])
  .refine((all) => isUnique(all.map(({ id }) => id)), { error: 'two clients have one id', params: { fix: 'give each its own' } })
  .describe('Programs that this gateway knows by itself, AI agents among them.');
