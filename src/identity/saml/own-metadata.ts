import { METADATA, POST_BINDING, PROTOCOL, SIGNATURE } from './names.ts';
import type { OwnKey, SamlSettings } from './settings.ts';
import { NOTHING, xml, type Xml } from './xml-text.ts';

/** What this gateway is at the provider: to be given to it as a file or by its address. */
export function ownMetadata(
  { entityId, acs }: { readonly entityId: string; readonly acs: string },
  { signing, encryption, nameIdFormat }: SamlSettings,
): string {
  const keys = [...(signing ? [keyDescriptor('signing', signing)] : []), ...encryption.slice(0, 1).map((each) => keyDescriptor('encryption', each))];
  const { text } = xml`<EntityDescriptor xmlns="${METADATA}" entityID="${entityId}">
      <SPSSODescriptor protocolSupportEnumeration="${PROTOCOL}" AuthnRequestsSigned="${String(signing !== undefined)}" WantAssertionsSigned="true">
        ${joined(keys)}
        ${nameIdFormat === undefined ? NOTHING : xml`<NameIDFormat>${nameIdFormat}</NameIDFormat>`}
        <AssertionConsumerService index="0" isDefault="true" Binding="${POST_BINDING}" Location="${acs}"/>
      </SPSSODescriptor>
    </EntityDescriptor>`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n${text}\n`;
}

const CIPHERS = ['http://www.w3.org/2009/xmlenc11#aes256-gcm', 'http://www.w3.org/2009/xmlenc11#aes128-gcm', 'http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p'];

function keyDescriptor(use: 'signing' | 'encryption', { certificate }: OwnKey): Xml {
  const bare = certificate.replaceAll(/-----[^-]*-----|\s/g, '');
  const ciphers = use === 'signing' ? [] : CIPHERS.map((each) => xml`<EncryptionMethod Algorithm="${each}"/>`);
  return xml`<KeyDescriptor use="${use}">
      <KeyInfo xmlns="${SIGNATURE}"><X509Data><X509Certificate>${bare}</X509Certificate></X509Data></KeyInfo>
      ${joined(ciphers)}
    </KeyDescriptor>`;
}

const joined = (parts: readonly Xml[]): Xml => ({ text: parts.map(({ text }) => text).join('') });
