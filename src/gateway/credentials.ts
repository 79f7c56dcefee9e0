import { join } from 'node:path';
import type { UpstreamDeps } from '../api/deps.ts';
import type { SecretSource } from '../core/credential-spec.ts';
import type { Recorder } from '../core/recorder.ts';
import { createConnectFlow } from '../credential/connections/connect-flow.ts';
import { openConnections } from '../credential/connections/connections.ts';
import { createCredentials, type Credentials } from '../credential/credential.ts';
import { createClientCredentials } from '../credential/oauth/client-credentials.ts';
import { createTokenExchange } from '../credential/oauth/token-exchange.ts';
import { createSecretReader } from '../credential/secret-reader.ts';
import { openSealedValues } from '../credential/sealing/sealed-values.ts';
import { createSignedIdentity } from '../credential/signed-identity.ts';
import type { VaultSettings } from '../credential/vault/vault-settings.ts';
import { createVaults } from '../credential/vault/vaults.ts';
import { ask as askOverHttp, type Ask } from '../network/ask.ts';
import type { Storage } from '../storage/storage.ts';
import { openIdentitySigner } from './identity-signer.ts';
import { openSealingKeys } from './sealing-keys.ts';

export interface CredentialSettings {
  readonly vaults: readonly VaultSettings[];
  readonly key?: SecretSource;
  readonly oldKeys: readonly SecretSource[];
}

export interface GatewayCredentialsOptions {
  readonly settings: CredentialSettings;
  /** URL of the gateway. */
  readonly url: string;
  readonly keysFolder: string;
  readonly storage: Storage;
  readonly recorder: Recorder;
  /** Names this process among those that share the database. */
  readonly owner: string;
  readonly report: (part: string, error: unknown) => void;
  readonly ask?: Ask;
  readonly now?: () => number;
}

/** Everything that opens targets, and what keeps it. */
export interface GatewayCredentials extends UpstreamDeps {
  readonly credentials: Credentials;
  close(): Promise<void>;
}

export async function openGatewayCredentials(options: GatewayCredentialsOptions): Promise<GatewayCredentials> {
  const { settings, url, keysFolder, storage, recorder, owner, ask = askOverHttp, now = Date.now } = options;
  const report = (part: string) => (error: unknown) => options.report(part, error);
  const local = createSecretReader();
  const vault = createVaults({ settings: settings.vaults, readLine: async (source) => (await local.read(source)).value, ask, now });
  const { key, oldKeys } = settings;
  const keys = await openSealingKeys(keysFolder, key && { key, oldKeys, secrets: createSecretReader({ vault }) });
  const values = await openSealedValues({ storage, recorder, keys, now, report: report('sealed values') });
  const secrets = createSecretReader({ sealed: values, vault });
  const signer = await openIdentitySigner({ folder: join(keysFolder, 'identity'), url, now });
  const { sign } = signer;
  const connections = await openConnections({ storage, recorder, keys, secrets, url, owner, ask, now, report: report('connections') });
  const flow = createConnectFlow({ connections, storage, keys, secrets, ask, now });
  const tokens = { secrets, ask, now };
  const credentials = createCredentials({
    secrets,
    kinds: {
      clientCredentials: createClientCredentials(tokens),
      tokenExchange: createTokenExchange({ ...tokens, sign }),
      signedIdentity: createSignedIdentity({ sign, now }),
      perPerson: connections.credential,
    },
  });
  return {
    credentials,
    values,
    connections,
    flow,
    identityKeys: () => signer.keys(),
    async rotateKey() {
      const { id } = await keys.rotate();
      return { key: id, sealed: (await values.reseal()) + (await connections.reseal()) };
    },
    async close() {
      await connections.close();
      await values.close();
    },
  };
}
