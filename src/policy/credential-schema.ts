/** How a target is opened, as it is written. */
import { z } from 'zod';
import { addressProblem } from './address.ts';
import { readDuration } from './duration.ts';
import { checkedText, count, duration, must, oneOf, text } from './schema-parts.ts';

const envName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, 'the name of an environment variable');
const url = checkedText(2048, addressProblem);

/** Segments of a path that mean the same to everybody who reads them. */
const vaultPath = text(512).regex(
  /^[A-Za-z0-9_-][A-Za-z0-9_.-]*(?:\/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*$/,
  'a path of letters, digits, `_`, `.`, `-` and `/`, without a slash around it',
);

export const secretName = z.string().regex(/^[a-z0-9](?:[a-z0-9._-]{0,61}[a-z0-9])?$/, 'lower-case letters, digits, `.`, `_` and `-`, at most 63');

export const vaultSource = z.strictObject({
  server: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,63}$/, 'the name of a configured Vault')
    .exactOptional()
    .describe('Which of `credentials.vaults` of the configuration. Default: the only one.'),
  mount: vaultPath.default('secret').describe('Where the key-value engine is mounted.'),
  path: vaultPath.describe('Path of the secret below the mount, without `data/`.'),
  field: text(256).describe('Which of its fields.'),
  engine: z
    .union([z.literal(1), z.literal(2)])
    .default(2)
    .describe('Version of the key-value engine.'),
  version: count(1_000_000).exactOptional().describe('One version of the secret (engine 2). Default: the latest, so that it can be rotated.'),
});

/** Where a secret comes from. */
const secretSource = oneOf(
  {
    env: envName.optional().describe('Name of an environment variable of the gateway.'),
    file: text(4096).optional().describe('Path of a file; read again when it changes.'),
    sealed: secretName.optional().describe('Name of a value that `sallyport secrets set` sealed in the database.'),
    vault: vaultSource
      .optional()
      .describe("A field of a secret in Vault's key-value engine; read again when its time is over, and when the target does not accept it."),
  },
  'where the secret comes from',
);

const RESERVED =
  /^(?:host|connection|content-.*|transfer-encoding|te|trailer|upgrade|keep-alive|proxy-.*|accept|accept-encoding|user-agent|mcp-.*|traceparent|tracestate|last-event-id)$/i;

const headerName = z
  .string()
  .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/, 'the name of an HTTP header')
  .refine((one) => !RESERVED.test(one.replaceAll('_', '-')), 'this header belongs to the protocol');

const scopes = z
  .array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,256}$/, 'a scope has no spaces'))
  .min(1)
  .max(100);

const oauthClient = z
  .strictObject({
    id: text(2048).describe('Its `client_id`.'),
    secret: secretSource.optional().describe('Its secret.'),
    sendSecret: z.enum(['basic', 'post']).default('basic').describe('Where the secret travels: `client_secret_basic` or `client_secret_post`.'),
    privateKey: secretSource.optional().describe('Instead of a secret: its private key (PKCS #8, PEM: EC P-256, RSA or Ed25519), for `private_key_jwt`.'),
  })
  .refine((one) => !(one.secret && one.privateKey), { message: 'a client has a secret or a private key', ...must('remove one of them') });

const confidential = oauthClient.refine((one) => one.secret ?? one.privateKey, {
  message: 'a client that cannot prove who it is',
  ...must('add secret or privateKey'),
});

const tokenRequest = z.strictObject({
  tokenEndpoint: url.describe('Where tokens are asked for.'),
  issuer: url.optional().describe("The server's issuer, which `private_key_jwt` is made for. Default: the token endpoint."),
  client: confidential.describe('The gateway as it is registered there.'),
  scopes: scopes.optional().describe('What is asked for.'),
  resource: url.optional().describe('RFC 8707: the URL of what the token is for.'),
  audience: text(2048).optional().describe('The same by a name, for servers that ask for it so.'),
});

/** Of an authorization request: these are the gateway's to say. */
const OWN_PARAMETERS: ReadonlySet<string> = new Set([
  'response_type',
  'response_mode',
  'client_id',
  'client_secret',
  'redirect_uri',
  'scope',
  'state',
  'nonce',
  'code_challenge',
  'code_challenge_method',
  'resource',
  'request',
  'request_uri',
]);

const perPerson = z.strictObject({
  issuer: url.optional().describe("The authorization server. Default: the first that the target's protected resource metadata names."),
  client: oauthClient
    .optional()
    .describe('A client that was registered there by hand. Default: the gateway introduces itself, by client metadata document or registration.'),
  scopes: scopes.optional().describe('What is asked for. Default: what the metadata names.'),
  parameters: z
    .record(
      z
        .string()
        .regex(/^[a-z0-9_]{1,64}$/, 'the name of a parameter')
        .refine((one) => !OWN_PARAMETERS.has(one), "this parameter is the gateway's own"),
      text(512),
    )
    .optional()
    .describe('More parameters of the authorization request, such as `access_type: offline`.'),
});

const SHORTEST_MS = 10_000;
const LONGEST_MS = 600_000;

const signedIdentity = z.strictObject({
  header: headerName.default('x-sallyport-identity').describe('The header that carries the assertion; with `authorization` it is a bearer token.'),
  audience: text(2048).optional().describe("Its `aud`. Default: the target's address."),
  lifetime: duration
    .refine((one) => (readDuration(one) ?? 0) >= SHORTEST_MS && (readDuration(one) ?? 0) <= LONGEST_MS, 'between 10s and 10m')
    .default('60s')
    .describe('How long one assertion is good.'),
});

const userName = text(256);

export const credentialSchema = oneOf(
  {
    bearer: secretSource.optional().describe('Sent as `Authorization: Bearer <secret>`.'),
    header: z.strictObject({ name: headerName, value: secretSource }).optional().describe('Sent as a header of this name.'),
    basic: z
      .strictObject({ user: userName.refine((value) => !value.includes(':'), 'a user name of basic authentication has no colon'), password: secretSource })
      .optional()
      .describe('Sent as `Authorization: Basic`.'),
    env: z.record(envName, secretSource).optional().describe('Environment variables of a stdio server.'),
    login: z.strictObject({ user: userName, password: secretSource }).optional().describe('User and password of a database.'),
    certificate: z
      .strictObject({ user: userName, certificate: secretSource, key: secretSource })
      .optional()
      .describe('User, client certificate and private key (PEM) of a database.'),
    clientCredentials: tokenRequest.optional().describe("A token of the gateway's own, by OAuth client credentials."),
    tokenExchange: tokenRequest.optional().describe('A token about whoever asks, exchanged for a short-lived assertion of the gateway (RFC 8693).'),
    perPerson: perPerson.optional().describe("Each person's own account at the target, connected once at `<url>/connect/<target>`."),
    signedIdentity: signedIdentity.optional().describe('Who asks, signed by the gateway. Keys: `<url>/identity/.well-known/jwks.json`.'),
  },
  'how the target is opened',
);

/** Kinds that are for what speaks HTTP, for child processes, and for databases. */
export const BY_HTTP = ['bearer', 'header', 'basic', 'clientCredentials', 'tokenExchange', 'perPerson', 'signedIdentity'] as const;
export const BY_LOGIN = ['login', 'certificate'] as const;
