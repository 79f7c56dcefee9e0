import { z } from 'zod';
import { addressProblem } from '../policy/address.ts';
import { secretName, vaultSource } from '../policy/credential-schema.ts';

const local = [
  z.strictObject({ env: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, 'the name of an environment variable') }),
  z.strictObject({ file: z.string().min(1).max(4096) }),
] as const;

/** Where a secret comes from that is needed before there is a database, or a Vault. */
export const localSecretSchema = z.union(local).describe('`{ env: NAME }` or `{ file: PATH }`.');

/** Where a secret of the gateway's own comes from. */
export const secretSchema = z
  .union([...local, z.strictObject({ sealed: secretName }), z.strictObject({ vault: vaultSource })])
  .describe('`{ env: NAME }`, `{ file: PATH }`, `{ sealed: NAME }` or `{ vault: ... }`.');

const who = z.string().regex(/^(?:\*|(?:group|person):\S.{0,255})$/, 'write `group:x`, `person:x` or `*`');
const email = z.string().regex(/^[^\s<>",;:@]{1,64}@[^\s<>",;:@]{1,255}$/, 'an e-mail address');
const personName = z.string().min(1).max(320);

/** Whoever is told, by who may answer. */
const addressees = (address: z.ZodString) => z.record(who, z.array(address).min(1).max(100));

/** Where nobody else listens, a secret may travel in the clear. */
export const isLocal = (url: URL): boolean => /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname);

/** An address that the gateway sends to. */
export const outgoingSchema = z
  .string()
  .max(2048)
  .superRefine((value, context) => {
    const wrong = addressProblem(value);
    if (wrong) context.addIssue({ code: 'custom', message: wrong.message, params: { fix: wrong.fix } });
  });

export const slackSchema = z.strictObject({
  token: secretSchema.describe('Bot token with `chat:write`; for e-mail addresses in `people` also `users:read.email`.'),
  signingSecret: secretSchema.describe("The app's signing secret. Its interactivity URL is `<url>/hooks/slack`."),
  channels: addressees(z.string().regex(/^[A-Z0-9]{5,32}$/, 'the id of a channel: C0123ABCD')).describe(
    'Channels by who may answer: `group:x`, `person:x`, or `*` for everything.',
  ),
  people: z
    .record(z.string().max(320), personName)
    .default({})
    .describe('Slack user id, or e-mail address, to the name of the person. Nobody else can answer from Slack.'),
  api: outgoingSchema.default('https://slack.com/api').describe("Slack's Web API."),
});

const smtp = z
  .strictObject({
    host: z.string().min(1).max(255),
    port: z.int().min(1).max(65_535).default(587),
    security: z.enum(['tls', 'starttls', 'none']).default('starttls').describe('`starttls` insists on it.'),
    user: z.string().max(320).optional(),
    password: secretSchema.optional(),
  })
  .refine((one) => (one.user === undefined) === (one.password === undefined), {
    message: 'user and password belong together',
    params: { fix: 'write both or none' },
  })
  .refine((one) => one.security !== 'none' || one.password === undefined, {
    message: 'a password is not sent in the clear',
    params: { fix: 'use starttls or tls' },
  });

export const emailSchema = z.strictObject({
  smtp: smtp.describe('The mail server: `host`, `port` (587), `security` (starttls, tls, none), `user`, `password`.'),
  from: email.describe('Address of the sender.'),
  to: addressees(email).describe('Addresses by who may answer.'),
  people: z.record(email, personName).default({}).describe('Address to the name of the person, who gets a one-time link to answer with.'),
});

export const webhookSchema = z.strictObject({
  url: outgoingSchema.describe('Gets a signed POST for each notice.'),
  secret: secretSchema.describe('Of the signature in `webhook-signature`.'),
  people: z.array(personName).max(100).default([]).describe('Persons for whom the receiver gets one-time links: it can answer for them.'),
});

export const notifySchema = z
  .array(z.union([z.strictObject({ slack: slackSchema }), z.strictObject({ email: emailSchema }), z.strictObject({ webhook: webhookSchema })]))
  .max(20)
  .refine((all) => all.filter((one) => 'slack' in one).length <= 1, { message: 'there is one hook for Slack', params: { fix: 'configure Slack once' } });
