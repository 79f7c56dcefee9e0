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
      data: '/etc/.sallyport',
      database: 'sqlite:/etc/.sallyport/sallyport.db',
      issuers: [],
      providers: [],
      local: 'on',
      oauth: 'on',
      resources: '/etc/resources',
      notify: [],
      log: { level: 'info' },
      audit: { witnesses: [] },
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
