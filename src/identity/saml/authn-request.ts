import { createHash, sign } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import { SignedXml } from 'xml-crypto';
import { ASSERTION, ENVELOPED, EXCLUSIVE, POST_BINDING, PROTOCOL } from './names.ts';
import type { OwnKey, SamlSettings } from './settings.ts';
import { NOTHING, xml } from './xml-text.ts';

export interface RequestParts {
  readonly id: string;
  readonly now: number;
  /** Where it is sent. */
  readonly destination: string;
  readonly entityId: string;
  readonly acs: string;
}

/** The id of the request of an attempt: whoever has the attempt's state has the id, and cannot choose it. */
export function requestId(state: string): string {
  return `_${createHash('sha256').update(`saml request ${state}`).digest('hex')}`;
}

function requestXml({ id, now, destination, entityId, acs }: RequestParts, { nameIdFormat }: Pick<SamlSettings, 'nameIdFormat'>): string {
  const policy = nameIdFormat === undefined ? NOTHING : xml`<samlp:NameIDPolicy Format="${nameIdFormat}" AllowCreate="true"/>`;
  return xml`<samlp:AuthnRequest xmlns:samlp="${PROTOCOL}" xmlns:saml="${ASSERTION}" ID="${id}" Version="2.0" IssueInstant="${new Date(now).toISOString()}"
      Destination="${destination}" AssertionConsumerServiceURL="${acs}" ProtocolBinding="${POST_BINDING}">
      <saml:Issuer>${entityId}</saml:Issuer>
      ${policy}
    </samlp:AuthnRequest>`.text;
}

const RSA_SHA256 = 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256';

/** The address that a browser is sent to (saml-bindings 3.4): the signature is over the query, in this order. */
export function redirectAddress(parts: RequestParts, relayState: string, settings: Pick<SamlSettings, 'nameIdFormat' | 'signing'>): string {
  const query = new URLSearchParams({ SAMLRequest: deflateRawSync(requestXml(parts, settings)).toString('base64'), RelayState: relayState });
  if (settings.signing) {
    query.set('SigAlg', RSA_SHA256);
    query.set('Signature', sign('sha256', Buffer.from(query.toString()), settings.signing.key).toString('base64'));
  }
  const address = new URL(parts.destination);
  return `${parts.destination}${address.search === '' ? '?' : '&'}${query.toString()}`;
}

/** The field of a form (saml-bindings 3.5): the signature is in the request. */
export function postField(parts: RequestParts, settings: Pick<SamlSettings, 'nameIdFormat' | 'signing'>): string {
  const request = requestXml(parts, settings);
  return Buffer.from(settings.signing ? signed(request, parts.id, settings.signing) : request).toString('base64');
}

function signed(request: string, id: string, { key, certificate }: OwnKey): string {
  const signer = new SignedXml({ privateKey: key, publicCert: certificate, signatureAlgorithm: RSA_SHA256, canonicalizationAlgorithm: EXCLUSIVE });
  signer.addReference({
    xpath: `/*[@ID='${id}']`,
    uri: `#${id}`,
    transforms: [ENVELOPED, EXCLUSIVE],
    digestAlgorithm: 'http://www.w3.org/2001/04/xmlenc#sha256',
  });
  signer.computeSignature(request, { prefix: 'ds', location: { reference: "/*/*[local-name(.)='Issuer']", action: 'after' } });
  return signer.getSignedXml();
}
