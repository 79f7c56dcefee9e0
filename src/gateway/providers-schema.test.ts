import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { parse } from 'yaml';
import { isSallyportError } from '../core/error.ts';
import { parseConfig } from './config.ts';
import { samlSchema } from './saml-schema.ts';

const OIDC = { issuer: 'https://idp.example', clientId: 'sallyport' };
const SAML = { entityId: 'https://saml.example', metadata: { file: 'idp.xml' } };
const SCIM = { token: { env: 'TOKEN' }, id: 'externalId' };

const read = (...providers: readonly object[]) => parseConfig('/etc/sallyport.yaml', JSON.stringify({ identity: { providers } })).providers;
const refuses = (message: RegExp, ...providers: readonly object[]) =>
  assert.throws(
    () => read(...providers),
    (error) => isSallyportError(error, 'config_invalid') && message.test(error.message),
    JSON.stringify(providers),
  );

test('a provider is of one kind, and its files are found beside the configuration', () => {
  const [corp] = read({ name: 'corp', saml: { ...SAML, encryption: [{ key: 'k.pem', certificate: '/abs/c.pem' }] } });
  assert.deepEqual(corp?.saml?.metadata, { file: '/etc/idp.xml' });
  assert.deepEqual(corp?.saml?.encryption, [{ key: '/etc/k.pem', certificate: '/abs/c.pem' }]);
  refuses(/what kind of provider/, { name: 'corp' });
  refuses(/said twice/, { name: 'corp', saml: SAML, oidc: OIDC });
});

test('where a SAML provider is, is said once, and reached by TLS', () => {
  const saml = (more: object) => ({ name: 'corp', saml: { entityId: 'urn:idp', ...more } });
  read(saml({ signOn: 'https://idp.example/sso', certificates: ['a.pem', 'b.pem'] }));
  read(saml({ metadata: { url: 'http://127.0.0.1:8080/metadata' } }));
  refuses(/not said/, saml({}));
  refuses(/not said/, saml({ signOn: 'https://idp.example/sso' }));
  refuses(/not said/, saml({ certificates: ['a.pem'] }));
  refuses(/takes|metadata/, saml({ metadata: { file: 'm.xml' }, certificates: ['a.pem'] }));
  refuses(/TLS/, saml({ metadata: { url: 'http://idp.example/metadata' } }));
  refuses(/TLS/, saml({ signOn: 'http://idp.example/sso', certificates: ['a.pem'] }));
  refuses(/unknown key/, saml({ metadata: { url: 'https://idp.example', file: 'm.xml' } }));
});

test('people of one SAML provider come in by one door, and one provider keeps them', () => {
  read({ name: 'one', saml: SAML, scim: SCIM }, { name: 'two', oidc: OIDC, scim: SCIM });
  refuses(/one entityId/, { name: 'one', saml: SAML }, { name: 'two', saml: SAML });
  refuses(/one entityId/, { name: 'one', saml: { ...SAML, entityId: OIDC.issuer } }, { name: 'two', oidc: OIDC });
  refuses(/people of one issuer/, { name: 'one', oidc: OIDC, scim: SCIM }, { name: 'two', oidc: OIDC, scim: SCIM });
});

test('which id provisioning goes by has no default', () => {
  assert.equal(read({ name: 'corp', oidc: OIDC, scim: SCIM })[0]?.scim?.unknown, 'refuse');
  refuses(/id/, { name: 'corp', oidc: OIDC, scim: { token: { env: 'TOKEN' } } });
  refuses(/id/, { name: 'corp', oidc: OIDC, scim: { ...SCIM, id: 'email' } });
});

test('what the page about SAML shows for each provider is a configuration', async () => {
  const page = await readFile(new URL('../../docs/identity/saml.md', import.meta.url), 'utf8');
  const blocks = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(
    ([, text = '']) => parse(text.replaceAll(/<[^>]*>/g, 'x')) as { saml?: unknown; identity?: { providers: { saml: unknown }[] } },
  );
  assert.equal(blocks.length, 6);
  // Placeholders in angle brackets stand for what an operator knows.
  for (const block of blocks) samlSchema.parse(block.saml ?? block.identity?.providers[0]?.saml);
});
