import type { KeyObject } from 'node:crypto';
import type { SamlAttributes } from './attributes.ts';
import type { SignedParts } from './read-response.ts';

/** What one SAML provider is configured with; keys are read. */
export interface SamlSettings {
  /** The provider's: the one issuer of what it signs. */
  readonly entityId: string;
  /** What this gateway is called there. Absent: the address of its metadata. */
  readonly audience?: string;
  /** How requests are sent. */
  readonly binding: 'redirect' | 'post';
  readonly signed: SignedParts;
  readonly nameIdFormat?: string;
  readonly attributes: SamlAttributes;
  /** For encrypted assertions; the first is the one that providers are told. */
  readonly encryption: readonly OwnKey[];
  /** For requests. Absent: they are not signed. */
  readonly signing?: OwnKey;
  /** What becomes of a reply that nobody asked for. `restart`: nothing of it is used, and a sign-in begins. */
  readonly unsolicited: 'refuse' | 'restart';
}

export interface OwnKey {
  readonly key: KeyObject;
  /** PEM. */
  readonly certificate: string;
}
