import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { isSallyportError } from '../core/error.ts';
import { withTables } from '../policy/reference.ts';
import { parseConfig } from './config.ts';
import { configJsonSchema, configTables } from './config-reference.ts';

const docs = new URL('../../docs/', import.meta.url);
const AGAIN = 'run npm run docs';

const refused = (text: string, ...expected: readonly RegExp[]): void => {
  assert.throws(
    () => parseConfig('/etc/sallyport.yaml', text),
    (error) => isSallyportError(error, 'config_invalid') && expected.every((each) => each.test(error.message)),
    text,
  );
};

describe('sallyport.yaml', () => {
  it('is complete with nothing in it but a map: paths are relative to the file', () => {
    assert.deepEqual(parseConfig('/etc/sallyport.yaml', '{}'), {
      url: 'http://localhost:7600',
      host: '127.0.0.1',
      port: 7600,
      trustedProxies: [],
      data: '/etc/.sallyport',
      database: 'sqlite:/etc/.sallyport/sallyport.db',
      issuers: [],
      providers: [],
      machines: { workloads: [], clients: [], actors: [] },
      local: 'on',
      oauth: 'on',
      resources: '/etc/resources',
      credentials: { vaults: [], oldKeys: [] },
      sockets: {},
      notify: [],
      log: { level: 'info' },
      audit: { auditors: [], witnesses: [] },
      sinks: [],
    });
  });

  it('takes what the page shows', async () => {
    const page = await readFile(new URL('configuration.md', docs), 'utf8');
    const config = parseConfig('/etc/sallyport.yaml', /```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? '');
    assert.equal(config.issuers[0]?.claims.name, 'email');
    assert.equal(config.database, 'sqlite:/etc/.sallyport/sallyport.db');
  });

  it('takes an IPv6 listener, a shared database, and a url with a slash', () => {
    const config = parseConfig('/x/y.yaml', 'url: https://gw.example/\nlisten: { http: "[::1]:80" }\ndatabase: postgres://u@h/db\n');
    assert.deepEqual([config.url, config.host, config.port, config.database], ['https://gw.example', '::1', 80, 'postgres://u@h/db']);
  });

  it('serves metrics beyond this machine only with a token', () => {
    assert.equal(parseConfig('/x/y.yaml', 'listen: { metrics: 127.0.0.1:7601 }').metrics?.port, 7601);
    refused('listen: { metrics: 0.0.0.0:7601 }', /has no token/);
    const open = parseConfig('/x/y.yaml', 'listen: { metrics: 0.0.0.0:7601 }\ntelemetry: { metrics: { token: { env: T } } }');
    assert.deepEqual(open.metrics, { host: '0.0.0.0', port: 7601, token: { env: 'T' } });
  });

  it('trusts the proxies that are named, and never everybody', () => {
    const proxies = (list: string) => parseConfig('/x/y.yaml', `listen: { trustedProxies: [${list}] }`).trustedProxies;
    assert.deepEqual(proxies('10.0.0.0/24, 192.0.2.7, "fd00::/8", "2001:db8::1"'), ['10.0.0.0/24', '192.0.2.7/32', 'fd00::/8', '2001:db8::1/128']);
    for (const wrong of ['10.0.0.0/33', '10.0.0/8', 'proxy.internal', '10.0.0.1-10.0.0.9', '"fe80::1%eth0"', '"::1/129"', '10.0.0.1/', '10.0.0.1/-1'])
      refused(`listen: { trustedProxies: [${wrong}] }`, /trustedProxies.*not a subnet/);
    for (const everybody of ['0.0.0.0/0', '"::/0"', '10.0.0.0/00']) refused(`listen: { trustedProxies: [${everybody}] }`, /everybody would be a trusted proxy/);
  });

  it('says everything that is wrong at once, with line and column', () => {
    refused(
      'url: nonsense\nlisten: { htp: 1 }\nidentity: { issuers: [{ audience: 1 }] }\n',
      /:1:6: .*url/,
      /:2:11: unknown key htp/,
      /:3:.*issuer/,
      /:3:.*audience/,
    );
  });

  it('refuses what could be read in two ways', () => {
    refused('url: http://a\nurl: http://b\n', /:2:/);
    refused('a: &x 1\nb: *x\n', /anchors/);
    refused('{}\n---\n{}\n', /one YAML document/);
    refused('listen: { http: "127.0.0.1:99999" }', /host:port/);
    refused('url: http://user@host', /url/);
    refused('url: http://host/path', /url/);
    refused('database: mysql://x', /postgres/);
  });

  it('has a reference page and a schema for editors that match it', async () => {
    const page = await readFile(new URL('configuration.md', docs), 'utf8');
    assert.equal(page, withTables(page, configTables()), AGAIN);
    assert.deepEqual(JSON.parse(await readFile(new URL('config.schema.json', docs), 'utf8')), JSON.parse(JSON.stringify(configJsonSchema())), AGAIN);
  });
});

describe('identity.providers', () => {
  const one = (oidc: string, more = ''): string => `identity: { providers: [{ name: corp, ${more} oidc: { clientId: c, ${oidc} } }] }`;

  it('takes the providers that the guides are about, and fills in what they leave out', () => {
    const oidc = (text: string) => parseConfig('/x/y.yaml', text).providers[0]?.oidc;
    assert.deepEqual(oidc(one('issuer: "https://idp.example"')), {
      issuer: 'https://idp.example',
      clientId: 'c',
      scopes: ['openid', 'email', 'profile'],
      claims: { id: 'sub', name: 'email', groups: 'groups' },
      groups: { from: 'token', missing: 'refuse', prefix: '' },
      require: {},
      assertions: 'refuse',
      trustEmail: false,
    });
    assert.deepEqual(oidc(one('issuer: "https://accounts.google.com", require: { hd: [example.com] }'))?.require, { hd: ['example.com'] });
    assert.ok(oidc(one('issuer: "https://login.microsoftonline.com/72f988bf-86f1-41af-91ab-2d7cd011db47/v2.0"')));
    assert.ok(oidc(one('issuer: "http://127.0.0.1:8080/realms/x"')));
  });

  it('takes the configuration of each guide', async () => {
    for (const guide of ['README', 'google', 'okta', 'entra', 'keycloak']) {
      const page = await readFile(new URL(`identity/${guide}.md`, docs), 'utf8');
      const [, text = ''] = /```yaml\n([\s\S]*?)```/.exec(page) ?? [];
      assert.equal(parseConfig('/x/y.yaml', text).providers.length, 1, guide);
    }
    const entra = await readFile(new URL('identity/entra.md', docs), 'utf8');
    const [whole = '', more = ''] = [...entra.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text = '']) => text);
    assert.equal(parseConfig('/x/y.yaml', `${whole}${more}`).providers[0]?.oidc?.groups.graph, 'https://graph.microsoft.com/v1.0');
  });

  it('refuses a provider by which anybody could come in, or that is not reached by TLS', () => {
    refused(one('issuer: "https://accounts.google.com"'), /everybody with a Google account/);
    for (const tenant of ['common', 'organizations', 'consumers'])
      refused(one(`issuer: "https://login.microsoftonline.com/${tenant}/v2.0"`), /everybody with a Microsoft account/);
    for (const issuer of [
      'http://idp.example',
      'http://localhost.evil.test',
      'http://127.0.0.1.evil.test',
      'ftp://x',
      'https://user@idp.example',
      'https://idp.example?x=1',
    ])
      refused(one(`issuer: "${issuer}"`), /issuer/);
    refused(one('issuer: "https://idp.example", scopes: [email]'), /openid/);
  });

  it('refuses two providers of one name or one domain, and one without a kind', () => {
    const two = (a: string, b: string): string =>
      `identity: { providers: [${[a, b].map((each) => `{ ${each}, oidc: { issuer: "https://idp.example", clientId: c } }`).join(', ')}] }`;
    assert.equal(parseConfig('/x/y.yaml', two('name: a, domains: [a.example]', 'name: b, domains: [b.example]')).providers.length, 2);
    refused(two('name: a', 'name: a'), /one name/);
    refused(two('name: a, domains: [a.example]', 'name: b, domains: [a.example]'), /one domain/);
    refused('identity: { providers: [{ name: a }] }', /kind of provider/);
    refused(one('issuer: "https://idp.example"', 'domains: ["EXAMPLE.com"],'), /domain/);
  });

  it('lets local accounts be named or turned off, but not the last way in', () => {
    assert.deepEqual(parseConfig('/x/y.yaml', 'identity: { local: [break-glass] }').local, ['break-glass']);
    assert.equal(
      parseConfig('/x/y.yaml', 'identity: { local: off, providers: [{ name: a, oidc: { issuer: "https://idp.example", clientId: c } }] }').local,
      'off',
    );
    refused('identity: { local: off }', /nobody could sign in/);
    refused('identity: { local: [] }', /local/);
  });
});
