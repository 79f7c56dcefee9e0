/** A company's SAML provider on loopback, made of samlp: it reads requests, and posts its replies from a page as browsers know them. */
import { createServer, type IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import samlp from 'samlp';
import { listen } from './listen.ts';
import { makeKeyPair, type KeyPair } from './saml-keys.ts';

export interface SamlUser {
  readonly id: string;
  readonly email: string;
  readonly groups: readonly string[];
}

export interface PostedReply {
  /** Where the page posts it. */
  readonly action: string;
  readonly SAMLResponse: string;
  readonly RelayState: string;
}

export interface CompanyProvider {
  readonly entityId: string;
  readonly url: string;
  readonly keys: KeyPair;
  /** Whoever comes next is this one. */
  as(user: SamlUser): void;
  /** What its certificates are from now on, and which key signs. */
  rollOver(keys: KeyPair): void;
  /** More of samlp's options for replies. */
  set(options: Partial<Options>): void;
  close(): Promise<void>;
}

type Options = Parameters<typeof samlp.getSamlResponse>[0];

export const EMAIL = 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress';
export const GROUPS = 'http://schemas.xmlsoap.org/claims/Group';

export async function startCompanyProvider(): Promise<CompanyProvider> {
  let keys = await makeKeyPair('company');
  let user: SamlUser | undefined;
  let more: Partial<Options> = {};
  const entityId = 'urn:company:idp';
  const server = createServer((request, response) => {
    const url = `http://${request.headers.host}`;
    const answer = request.url?.startsWith('/metadata') ? Promise.resolve(metadata(entityId, url, keys)) : reply(request, keys);
    answer.then(
      (text) => response.writeHead(200, { 'content-type': request.url?.startsWith('/metadata') ? 'application/samlmetadata+xml' : 'text/html' }).end(text),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });

  async function reply(request: IncomingMessage, { certificate, key }: KeyPair): Promise<string> {
    const given = request.method === 'POST' ? new URLSearchParams(await textOf(request)) : new URL(request.url ?? '', 'http://idp').searchParams;
    const { id, issuer } = await promisify(samlp.parseRequest)(
      { method: request.method, query: Object.fromEntries(given), body: Object.fromEntries(given) },
      {},
    );
    if (!user) throw new Error('nobody is signed in at the provider');
    const acs = issuer.replace(/metadata$/, 'acs');
    const options = { issuer: entityId, audience: issuer, recipient: acs, destination: acs, inResponseTo: id, lifetimeInSeconds: 300, cert: certificate, key };
    const profile = { id: user.id, emails: [{ value: user.email }], displayName: user.email, name: {}, [GROUPS]: user.groups };
    const xml = await promisify(samlp.getSamlResponse)(
      { ...options, signatureAlgorithm: 'rsa-sha256', digestAlgorithm: 'sha256', profileMapper: mapper, ...more },
      profile,
    );
    return page(acs, { SAMLResponse: Buffer.from(xml).toString('base64'), RelayState: given.get('RelayState') ?? '' });
  }

  const { port, close } = await listen(server);
  return {
    entityId,
    // Another site than a gateway at 127.0.0.1, as browsers see it.
    url: `http://localhost:${port}`,
    get keys() {
      return keys;
    },
    as: (next) => void (user = next),
    rollOver: (next) => void (keys = next),
    set: (options) => void (more = options),
    close,
  };
}

/** Its page of a reply, as a program reads it. */
export function readReply(html: string): PostedReply {
  const field = (name: string): string => new RegExp(`name="${name}" value="([^"]*)"`).exec(html)?.[1] ?? '';
  return { action: /action="([^"]*)"/.exec(html)?.[1] ?? '', SAMLResponse: field('SAMLResponse'), RelayState: field('RelayState') };
}

/** Only what `SamlUser` has. */
function mapper(profile: { readonly id: string; readonly emails: readonly { readonly value: string }[]; readonly [GROUPS]: readonly string[] }) {
  return {
    getClaims: () => ({ [EMAIL]: profile.emails[0]?.value, ...(profile[GROUPS].length > 0 ? { [GROUPS]: profile[GROUPS] } : {}) }),
    getNameIdentifier: () => ({ nameIdentifier: profile.id, nameIdentifierFormat: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent' }),
  };
}

function page(action: string, fields: Readonly<Record<string, string>>): string {
  const inputs = Object.entries(fields).map(([name, value]) => `<input type="hidden" name="${name}" value="${value}">`);
  return `<!doctype html><title>Company</title><form method="post" action="${action}">${inputs.join('')}<button>Continue</button></form>`;
}

function metadata(entityId: string, url: string, { certificate }: KeyPair): string {
  const bare = certificate.replaceAll(/-----.*-----|\n/g, '');
  const service = (binding: string): string => `<SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-${binding}" Location="${url}/sso"/>`;
  return (
    `<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="${entityId}"><IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">` +
    `<KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>${bare}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></KeyDescriptor>` +
    `${service('Redirect')}${service('POST')}</IDPSSODescriptor></EntityDescriptor>`
  );
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += String(chunk);
  return text;
}
