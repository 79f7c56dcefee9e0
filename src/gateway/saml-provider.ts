import { createPrivateKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { z } from 'zod';
import { SallyportError } from '../core/error.ts';
import { fetchText } from '../identity/fetch-text.ts';
import { openSamlAnswers } from '../identity/saml/answers.ts';
import type { ReadProvider } from '../identity/saml/known-provider.ts';
import { readCertificates, readProviderMetadata } from '../identity/saml/provider-metadata.ts';
import { createSamlProvider, type SamlSignIn } from '../identity/saml/saml-provider.ts';
import type { OwnKey } from '../identity/saml/settings.ts';
import { createFirstUse } from '../identity/workloads/replay.ts';
import type { Storage } from '../storage/storage.ts';
import type { samlSchema } from './saml-schema.ts';

export type SamlDocument = z.output<typeof samlSchema>;

/** Paths as the configuration's file means them. */
export function samlPaths(saml: SamlDocument, folder: string): SamlDocument {
  const at = (path: string): string => resolve(folder, path);
  const keyAt = ({ key, certificate }: SamlDocument['encryption'][number]) => ({ key: at(key), certificate: at(certificate) });
  return {
    ...saml,
    ...(saml.metadata && 'file' in saml.metadata ? { metadata: { file: at(saml.metadata.file) } } : {}),
    certificates: saml.certificates.map(at),
    encryption: saml.encryption.map(keyAt),
    ...(saml.signing ? { signing: keyAt(saml.signing) } : {}),
  };
}

export interface SamlParts {
  readonly name: string;
  readonly title: string;
  readonly domains: readonly string[];
  readonly storage: Storage;
  readonly report: (error: unknown) => void;
}

/** Throws `config_invalid` for a key or certificate that cannot be used; the provider itself is asked when somebody comes. */
export async function openSamlProvider(saml: SamlDocument, { storage, ...parts }: SamlParts): Promise<SamlSignIn> {
  const { attributes, audience, binding, encryption, entityId, groups, nameIdFormat, signed, signing, unsolicited } = saml;
  const { id, name, groups: groupAttribute } = attributes;
  return createSamlProvider({
    ...parts,
    settings: {
      entityId,
      binding,
      signed,
      unsolicited,
      attributes: {
        ...groups,
        domains: parts.domains,
        ...(id === undefined ? {} : { id }),
        ...(name === undefined ? {} : { name }),
        ...(groupAttribute === undefined ? {} : { groups: groupAttribute }),
      },
      encryption: await Promise.all(encryption.map(readOwnKey)),
      ...(audience === undefined ? {} : { audience }),
      ...(nameIdFormat === undefined ? {} : { nameIdFormat }),
      ...(signing ? { signing: await readOwnKey(signing) } : {}),
    },
    read: await providerReader(saml),
    answers: openSamlAnswers(storage, Date.now),
    firstUse: createFirstUse(storage, Date.now),
  });
}

const METADATA_KIND = { accept: 'application/samlmetadata+xml, application/xml, text/xml', limit: 2 << 20 };

/** What is in files is read at once: what is wrong with it is said at the start. */
async function providerReader({ binding, certificates, entityId, metadata, signOn = '' }: SamlDocument): Promise<ReadProvider> {
  if (metadata && 'url' in metadata) {
    const url = new URL(metadata.url);
    return async () => readProviderMetadata(await fetchText(url, 'configured', METADATA_KIND), Date.now(), entityId);
  }
  const read: ReadProvider = metadata
    ? async () => readProviderMetadata(await readPem(metadata.file), Date.now(), entityId)
    : async () => ({ entityId, signOn: { [binding]: signOn }, certificates: readCertificates(await Promise.all(certificates.map(readPem))) });
  await read();
  return read;
}

async function readOwnKey({ key, certificate }: SamlDocument['encryption'][number]): Promise<OwnKey> {
  const [keyText, certificateText] = [await readPem(key), await readPem(certificate)];
  try {
    return { key: createPrivateKey(keyText), certificate: readCertificates([certificateText])[0] ?? '' };
  } catch (cause) {
    throw new SallyportError('config_invalid', `the key ${key} or its certificate cannot be used`, {
      cause,
      hint: 'both are PEM, of an RSA key of 2048 bits or more',
    });
  }
}

async function readPem(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((cause: unknown) => {
    throw new SallyportError('config_invalid', `the file ${file} cannot be read`, { cause });
  });
}
