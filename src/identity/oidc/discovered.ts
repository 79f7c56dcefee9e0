import {
  allowInsecureRequests,
  ClientSecretBasic,
  ClientSecretPost,
  Configuration,
  customFetch,
  discovery,
  enableNonRepudiationChecks,
  None,
  type ClientAuth,
  type ServerMetadata,
} from 'openid-client';
import { SallyportError } from '../../core/error.ts';
import type { Secret } from '../../core/secret.ts';
import type { ProviderFetch } from './guarded-fetch.ts';
import { ownError, safeCause } from './safe-cause.ts';
import type { OidcSettings } from './settings.ts';

export interface DiscoveredOptions {
  readonly settings: OidcSettings;
  /** Absent for a client that has none, and is known by PKCE alone. */
  readonly secret: (() => Promise<Secret>) | undefined;
  readonly fetch: ProviderFetch;
  readonly now: () => number;
}

/** What a provider publishes of itself is read again after this. Its keys have a rhythm of their own. */
const FRESH_MS = 10 * 60_000;

/** The provider as it describes itself, kept for a while. */
export class Discovered {
  readonly #options: DiscoveredOptions;
  #known: { readonly at: number; readonly configuration: Configuration } | undefined;
  #reading: Promise<Configuration> | undefined;

  constructor(options: DiscoveredOptions) {
    this.#options = options;
  }

  /** Throws `upstream_unreachable` where it cannot be read, `upstream_invalid` where it describes another. */
  async get(): Promise<Configuration> {
    const { now } = this.#options;
    if (this.#known && now() - this.#known.at < FRESH_MS) return this.#known.configuration;
    this.#reading ??= this.#read().finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  async #read(): Promise<Configuration> {
    const { settings, secret, fetch, now } = this.#options;
    const isPlain = settings.issuer.startsWith('http:');
    const value = await secret?.();
    const at = now();
    const described = await discovery(new URL(settings.issuer), settings.clientId, {}, None(), {
      [customFetch]: fetch,
      execute: isPlain ? [allowInsecureRequests] : [],
    }).catch((error: unknown) => {
      const own = ownError(error);
      if (own) throw own;
      throw new SallyportError('upstream_invalid', `the discovery document of ${settings.issuer} cannot be used`, {
        hint: 'identity.providers: write the issuer exactly as the document says it',
        cause: safeCause(error),
      });
    });
    const metadata = described.serverMetadata();
    if (metadata.issuer !== settings.issuer)
      throw new SallyportError('upstream_invalid', `the discovery document of ${settings.issuer} is of another issuer`, {
        hint: 'identity.providers: write the issuer exactly as the document says it',
      });
    const configuration = new Configuration(metadata, settings.clientId, {}, value ? clientAuth(metadata, value) : None());
    configuration[customFetch] = fetch;
    configuration.timeout = 8;
    if (isPlain) allowInsecureRequests(configuration);
    enableNonRepudiationChecks(configuration);
    this.#known = { at, configuration };
    return configuration;
  }
}

/** Basic is what a provider takes that does not say. */
function clientAuth({ token_endpoint_auth_methods_supported: methods = ['client_secret_basic'] }: ServerMetadata, secret: Secret): ClientAuth {
  return methods.includes('client_secret_basic') ? ClientSecretBasic(secret.reveal()) : ClientSecretPost(secret.reveal());
}
