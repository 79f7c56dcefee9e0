import { z } from 'zod';
import { localSecretSchema, secretSchema } from './notify-schema.ts';
import { duration } from './sinks-schema.ts';
import { vaultAddress, vaultMount, vaultNamespace } from './vault-schema.ts';

const mount = (standard: string) => vaultMount(standard).describe('Where the auth method is mounted.');

const role = z.string().regex(/^[A-Za-z0-9._-]{1,256}$/, 'the name of a role');

export const vaultAuthSchema = z
  .strictObject({
    token: localSecretSchema.optional().describe('A token; a file that an agent renews is fine.'),
    appRole: z
      .strictObject({ mount: mount('approle'), roleId: role, secretId: localSecretSchema })
      .optional()
      .describe('AppRole: the role, and its secret.'),
    kubernetes: z
      .strictObject({
        mount: mount('kubernetes'),
        role,
        jwt: localSecretSchema.default({ file: '/var/run/secrets/kubernetes.io/serviceaccount/token' }),
      })
      .optional()
      .describe("Kubernetes: the role, and the service account's token."),
    jwt: z
      .strictObject({ mount: mount('jwt'), role, jwt: localSecretSchema })
      .optional()
      .describe('A JWT of another issuer: the role, and where the token is.'),
  })
  .refine((one) => Object.values(one).filter((part) => part !== undefined).length === 1, {
    error: 'how the gateway proves who it is',
    params: { fix: 'name exactly one of token, appRole, kubernetes, jwt' },
  })
  .meta({ minProperties: 1, maxProperties: 1 });

export const kvVaultSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,63}$/, 'lower-case letters, digits and hyphens')
    .default('vault')
    .describe('How `{ vault: { server: NAME, ... } }` names it.'),
  address: vaultAddress('a token is').describe('The Vault or OpenBao, such as https://vault.example.com:8200.'),
  namespace: vaultNamespace,
  auth: vaultAuthSchema.describe('How the gateway proves who it is.'),
  refresh: duration.default('60s').describe('How long a secret is used before it is read again; less where its lease is shorter.'),
});

export const credentialsSchema = z.strictObject({
  vaults: z
    .array(kvVaultSchema)
    .max(20)
    .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, { error: 'two have the same name', params: { fix: 'give each a name' } })
    .default([])
    .describe('Where `{ vault: ... }` reads secrets.'),
  key: secretSchema
    .refine((one) => !('sealed' in one), { error: 'the key cannot be sealed by itself', params: { fix: 'use env, file or vault' } })
    .optional()
    .describe('The key that seals what is in the database: 32 random bytes in base64. Default: a file of the data folder, `keys/sealing/`.'),
  oldKeys: z.array(secretSchema).max(10).default([]).describe('Keys before it, which still open what they sealed, until `sallyport secrets rotate-key`.'),
});
