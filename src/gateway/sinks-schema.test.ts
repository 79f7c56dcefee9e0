import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { isSallyportError } from '../core/error.ts';
import { parseConfig, type Config } from './config.ts';

const sinks = (text: string): Config['sinks'] => parseConfig('/etc/sallyport/sallyport.yaml', `audit:\n  sinks:\n${text.replaceAll(/^/gm, '    ')}\n`).sinks;

function refused(text: string, ...expected: readonly RegExp[]): void {
  assert.throws(
    () => sinks(text),
    (error) => isSallyportError(error, 'config_invalid') && expected.every((each) => each.test(error.message)),
    text,
  );
}

const KEYS = 'accessKeyId: { env: ID }, secretAccessKey: { file: /run/key }';

test('the page’s example is taken, with paths beside the file and times in milliseconds', async () => {
  const page = await readFile(new URL('../../docs/audit-sinks.md', import.meta.url), 'utf8');
  const example = /```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
  const taken = parseConfig('/etc/sallyport/sallyport.yaml', example).sinks;
  assert.deepEqual(
    taken.map(({ name, kind }) => `${name}: ${kind}`),
    ['bucket: s3', 'siem: syslog', 'otlp: otlp', 'webhook: webhook', 'file: file'],
  );
  const [bucket, siem, , , file] = taken;
  assert.ok(bucket?.kind === 's3' && bucket.settings.everyMs === 5000 && bucket.settings.objectLock?.mode === 'COMPLIANCE');
  assert.ok(siem?.kind === 'syslog' && siem.settings.host === 'logs.example.com' && siem.settings.port === 6514);
  assert.equal(siem.settings.tls?.ca, '/etc/sallyport/logs-ca.pem');
  assert.ok(file?.kind === 'file' && file.settings.path === '/var/log/sallyport/audit.jsonl');
});

test('syslog has TLS unless it is told otherwise', () => {
  const [first] = sinks('- syslog: { address: "[::1]:6514" }');
  assert.ok(first?.kind === 'syslog');
  assert.deepEqual([first.settings.host, first.settings.port, first.settings.tls], ['::1', 6514, {}]);
  const [plain] = sinks('- syslog: { address: "logs:514", tls: none }');
  assert.ok(plain?.kind === 'syslog' && plain.settings.tls === undefined);
  refused('- syslog: { address: "logs:514", tls: { cert: a.pem } }', /cert and key belong together/);
  refused('- syslog: { address: "169.254.169.254:514" }', /metadata service/);
  refused('- syslog: { address: "logs" }', /host:port/);
});

test('two sinks of one name are refused, and so is the index’s', () => {
  assert.equal(sinks('- { name: a, file: { path: a } }\n- { name: b, file: { path: b } }').length, 2);
  refused('- file: { path: a }\n- file: { path: b }', /:4:.*two sinks are called file/);
  refused('- { name: index, file: { path: a } }', /the name index is taken/);
  refused('- { name: "../x", file: { path: a } }', /lower-case/);
});

test('secrets are named and never written', () => {
  refused('- webhook: { url: "https://x.example", secret: hunter2 }', /secret/);
  refused('- webhook: { url: "https://user:pw@x.example", secret: { env: S } }', /user name or password/);
  refused(`- s3: { bucket: audit, ${KEYS}, endpoint: "https://s3.example.com?key=1" }`, /has no query/);
  refused('- otlp: { url: "http://collector.example.com/v1/logs", headers: { Authorization: { env: A } } }', /in the clear/);
  assert.equal(sinks('- otlp: { url: "http://127.0.0.1:4318/v1/logs", headers: { Authorization: { env: A } } }').length, 1);
  assert.equal(sinks('- otlp: { url: "http://collector.example.com/v1/logs" }').length, 1);
});

test('what cannot work is refused with its place: small parts, odd prefixes, unknown kinds', () => {
  const [s3] = sinks(`- s3: { bucket: audit, ${KEYS} }`);
  assert.ok(s3?.kind === 's3' && s3.settings.prefix === 'sallyport/' && s3.settings.overwrite === 'refuse');
  refused(`- s3: { bucket: audit, ${KEYS}, partBytes: 1024 }`, /partBytes/);
  refused(`- s3: { bucket: audit, ${KEYS}, prefix: "../up" }`, /prefix/);
  refused(`- s3: { bucket: Audit_1, ${KEYS} }`, /bucket/);
  refused('- s4: {}', /:3:/);
});
