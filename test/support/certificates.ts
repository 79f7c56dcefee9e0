import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Files of an authority of a test's own, of a server certificate for `localhost` and 127.0.0.1 by it, and of another authority. */
export interface Certificates {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  readonly otherCa: string;
  remove(): Promise<void>;
}

const run = promisify(execFile);
const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

export async function makeCertificates(): Promise<Certificates> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-tls-'));
  const at = (name: string): string => join(folder, name);
  const authority = (name: string): Promise<unknown> =>
    run('openssl', ['req', '-x509', ...KEY, '-keyout', at(`${name}.key`), '-out', at(`${name}.pem`), '-days', '2', '-subj', `/CN=${name}`]);
  await Promise.all([authority('ca'), authority('other')]);
  await run('openssl', ['req', ...KEY, '-keyout', at('server.key'), '-out', at('server.csr'), '-subj', '/CN=localhost']);
  await writeFile(at('names'), 'subjectAltName=DNS:localhost,IP:127.0.0.1\n');
  const signed = ['-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-CAcreateserial', '-days', '2', '-extfile', at('names')];
  await run('openssl', ['x509', '-req', '-in', at('server.csr'), '-out', at('server.pem'), ...signed]);
  return {
    ca: at('ca.pem'),
    cert: at('server.pem'),
    key: at('server.key'),
    otherCa: at('other.pem'),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
