import type { ReadSecretSource } from '../credential/secret-reader.ts';
import { createOidcProvider } from '../identity/oidc/oidc-provider.ts';
import type { RedirectProvider } from '../identity/sign-in-provider.ts';
import type { Storage } from '../storage/storage.ts';
import type { ConfigDocument } from './config-schema.ts';
import { openSamlProvider } from './saml-provider.ts';

export type ProviderConfig = ConfigDocument['identity']['providers'][number];

/** Of the subjects that come in by it. */
export function issuerOf({ oidc, saml }: Pick<ProviderConfig, 'oidc' | 'saml'>): string {
  return oidc?.issuer ?? saml?.entityId ?? '';
}

export interface ProviderParts {
  readonly storage: Storage;
  readonly readSecret: ReadSecretSource;
  readonly report: (error: unknown) => void;
}

/** The doors of the configuration. Nothing is asked of a provider before somebody comes in by it. */
export async function openProviders(configured: readonly ProviderConfig[], parts: ProviderParts): Promise<readonly RedirectProvider[]> {
  const opened = configured.map(async (one): Promise<readonly RedirectProvider[]> => {
    const { name, title = name, domains } = one;
    if (one.saml) return [await openSamlProvider(one.saml, { name, title, domains, ...parts })];
    return one.oidc ? [oidcProvider(one, one.oidc, parts.readSecret)] : [];
  });
  return (await Promise.all(opened)).flat();
}

function oidcProvider(
  { name, title = name, domains }: ProviderConfig,
  { clientSecret, groups, ...oidc }: NonNullable<ProviderConfig['oidc']>,
  readSecret: ReadSecretSource,
): RedirectProvider {
  const { graph, ...rest } = groups;
  return createOidcProvider({
    name,
    title,
    settings: { ...oidc, domains, groups: { ...rest, ...(graph === undefined ? {} : { graph }) } },
    ...(clientSecret ? { secret: () => readSecret(clientSecret) } : {}),
  });
}
