import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';

const SOURCE = join(import.meta.dirname, 'resources');

export interface DemoFiles {
  /** `sallyport.yaml`. */
  readonly config: string;
  readonly tokenFile: string;
  readonly target: string;
}

export function demoFiles(data: string): DemoFiles {
  const folder = join(data, 'demo');
  return { config: join(folder, 'sallyport.yaml'), tokenFile: join(folder, 'models-token'), target: join(folder, 'resources/target.yaml') };
}

/** The port of the last start: with the same address, what was approved and pinned stays so. 0 where there was none. */
export async function lastPort(data: string): Promise<number> {
  try {
    const target = parse(await readFile(demoFiles(data).target, 'utf8')) as { readonly address: string }; // written by `writeDemo`
    return Number(new URL(target.address).port);
  } catch {
    return 0;
  }
}

export interface DemoSetting {
  readonly data: string;
  readonly port: number;
  /** Of the models server. */
  readonly address: string;
  readonly token: string;
}

/** Configuration and resources for this start. The policy is copied once: what its reader changed stays changed. */
export async function writeDemo({ data, port, address, token }: DemoSetting): Promise<void> {
  const { config, tokenFile, target } = demoFiles(data);
  const resources = join(data, 'demo/resources');
  await mkdir(resources, { recursive: true, mode: 0o700 });
  await writeFile(tokenFile, token, { mode: 0o600 });
  const about = parse(await readFile(join(SOURCE, 'target.yaml'), 'utf8')) as object; // ours, and a mapping
  await writeFile(target, stringify({ ...about, address, credential: { bearer: { file: tokenFile } } }));
  await writeFile(join(resources, 'policy.yaml'), await readFile(join(SOURCE, 'policy.yaml')), { flag: 'wx' }).catch(ignoreExisting);
  await writeFile(config, stringify({ url: `http://localhost:${port}`, listen: { http: `127.0.0.1:${port}` }, data, resources }));
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}
