import type { ReadSecretSource } from '../credential/secret-reader.ts';
import { createOidcProvider } from '../identity/oidc/oidc-provider.ts';
import type { RedirectProvider } from '../identity/sign-in-provider.ts';
import type { ConfigDocument } from './config-schema.ts';

export type ProviderConfig = ConfigDocument['identity']['providers'][number];

/** Of the subjects that come in by it. */
export function issuerOf({ oidc }: ProviderConfig): string {
  return oidc?.issuer ?? '';
}

/** The doors of the configuration. Nothing is asked of a provider before somebody comes in by it. */
export function openProviders(configured: readonly ProviderConfig[], readSecret: ReadSecretSource): readonly RedirectProvider[] {
  return configured.flatMap((one) => (one.oidc ? [oidcProvider(one, one.oidc, readSecret)] : []));
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
