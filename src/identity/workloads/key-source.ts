import { readFile, stat } from 'node:fs/promises';
import { SallyportError } from '../../core/error.ts';
import { parseJson } from '../../core/json.ts';
import type { FetchJson } from '../fetch-json.ts';
import type { ReadKeys } from '../issuer-keys.ts';
import { readKeySet, type KeyUse } from '../key-set.ts';

/** Where a JWK set is read: the configuration names it, so it is reached as it is, and never where clouds serve credentials. */
export type KeySource = { readonly url: string } | { readonly file: string };

const MAX_BYTES = 512 * 1024;

export function keysAt(source: KeySource, fetchJson: FetchJson, use: KeyUse = 'sig'): ReadKeys {
  return async () => {
    const place = 'url' in source ? source.url : source.file;
    const keys = await readKeySet(
      'url' in source ? await fetchJson(new URL(source.url), 'configured') : parseJson(await readText(source.file), { depth: 32 }),
      use,
    );
    if (!keys || keys.length === 0) throw new SallyportError('upstream_invalid', `${place} holds no key that can be used`);
    return keys;
  };
}

async function readText(file: string): Promise<string> {
  const { size } = await stat(file);
  if (size > MAX_BYTES) throw new SallyportError('upstream_invalid', `${file} is longer than ${MAX_BYTES} bytes`);
  return readFile(file, 'utf8');
}
