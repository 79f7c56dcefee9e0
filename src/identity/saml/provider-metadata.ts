import { X509Certificate } from 'node:crypto';
import { SallyportError } from '../../core/error.ts';
import { METADATA, POST_BINDING, PROTOCOL, REDIRECT_BINDING, SIGNATURE } from './names.ts';
import { readInstant } from './time.ts';
import { attributeOf, childrenOf, isElement, walk, type XmlElement } from './xml-element.ts';
import { readXml, type XmlLimits } from './xml-reader.ts';

/** What is known of a provider: from its metadata, or as it was configured. */
export interface SamlProvider {
  readonly entityId: string;
  /** Where requests are sent, one for each binding that it offers. */
  readonly signOn: { readonly redirect?: string; readonly post?: string };
  /** Certificates that its signatures may be by, PEM; several while it changes keys. */
  readonly certificates: readonly string[];
}

/** Federations publish many providers at once: those are not read. */
const LIMITS: XmlLimits = { length: 2 << 20, elements: 10_000, depth: 32, comments: 'skip' };
const MIN_KEY_BITS = 2048;

/**
 * One provider's metadata. With an `entityId` it must be that one's. Its own signature is not looked at: the metadata is trusted for where it was read
 * from. Throws `config_invalid` with what is wrong with it.
 */
export function readProviderMetadata(text: string, now: number, entityId?: string): SamlProvider {
  const entity = entityIn(document(text), entityId);
  if (!isElement(entity, METADATA, 'EntityDescriptor')) throw invalid('is not the metadata of one SAML provider');
  const id = attributeOf(entity, 'entityID') ?? '';
  if (id === '' || (entityId !== undefined && id !== entityId)) throw invalid('is that of another provider than the entityId that is configured');
  const until = attributeOf(entity, 'validUntil');
  if (until !== undefined && now >= readInstant(until)) throw invalid('is no longer valid');
  const [role, ...more] = childrenOf(entity, METADATA, 'IDPSSODescriptor').filter((one) => attributeOf(one, 'protocolSupportEnumeration')?.includes(PROTOCOL));
  if (!role || more.length > 0) throw invalid('does not describe one SAML 2.0 identity provider');
  return { entityId: id, signOn: signOnOf(role), certificates: readCertificates(certificatesOf(role)) };
}

/** Some publish a list with one in it, or with several. */
function entityIn(root: XmlElement, entityId: string | undefined): XmlElement {
  if (!isElement(root, METADATA, 'EntitiesDescriptor')) return root;
  const [entity, ...more] = childrenOf(root, METADATA, 'EntityDescriptor').filter((one) => attributeOf(one, 'entityID') === entityId);
  if (!entity || more.length > 0) throw invalid('does not have the provider with the entityId that is configured, or has it twice');
  return entity;
}

/** Each as PEM; the base64 of a certificate will do. Throws `config_invalid` for what is no RSA certificate of 2048 bits or more. */
export function readCertificates(texts: readonly string[]): readonly string[] {
  if (texts.length === 0) throw invalid('has no certificate for signatures');
  return texts.map((text) => {
    const read = certificate(text);
    const { asymmetricKeyType, asymmetricKeyDetails } = read.publicKey;
    if (asymmetricKeyType !== 'rsa' || (asymmetricKeyDetails?.modulusLength ?? 0) < MIN_KEY_BITS)
      throw invalid('has a certificate that is not of an RSA key of 2048 bits or more');
    return read.toString();
  });
}

function certificate(text: string): X509Certificate {
  try {
    return new X509Certificate(text.includes('-----') ? text : Buffer.from(text.replaceAll(/\s/g, ''), 'base64'));
  } catch (cause) {
    throw invalid('has a certificate that cannot be read', cause);
  }
}

function document(text: string): XmlElement {
  try {
    return readXml(text, LIMITS);
  } catch (cause) {
    throw invalid('cannot be read', cause);
  }
}

function signOnOf(role: XmlElement): SamlProvider['signOn'] {
  const services = childrenOf(role, METADATA, 'SingleSignOnService');
  const at = (binding: string): string | undefined => attributeOf(services.find((one) => attributeOf(one, 'Binding') === binding) ?? role, 'Location');
  const [redirect, post] = [at(REDIRECT_BINDING), at(POST_BINDING)];
  for (const url of [redirect, post])
    if (url !== undefined && !/^https?:$/.test(URL.parse(url)?.protocol ?? '')) throw invalid('has an address that is no http or https URL');
  if (redirect === undefined && post === undefined) throw invalid('has no address for sign-ins by redirect or POST');
  return { ...(redirect === undefined ? {} : { redirect }), ...(post === undefined ? {} : { post }) };
}

function certificatesOf(role: XmlElement): readonly string[] {
  const keys = childrenOf(role, METADATA, 'KeyDescriptor').filter((one) => (attributeOf(one, 'use') ?? 'signing') === 'signing');
  return keys.flatMap((key) => [...walk(key)].filter((one) => isElement(one, SIGNATURE, 'X509Certificate')).map(({ text }) => text));
}

function invalid(what: string, cause?: unknown): SallyportError {
  return new SallyportError('config_invalid', `the metadata of the SAML provider ${what}`, {
    cause,
    hint: 'docs/identity/saml.md says which file or URL is meant',
  });
}
