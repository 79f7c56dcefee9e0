import { join, resolve } from 'node:path';
import type { KeyWrapping } from '../audit/key-wrapping.ts';
import { areWrapped } from '../audit/recording-keys.ts';
import { vaultWrapping } from '../audit/vault.ts';
import { readConfig } from '../gateway/config.ts';
import { commandDeps } from './command-deps.ts';
import type { Invocation } from './command.ts';

/** What wraps the recording keys of this data folder, as the configuration names it; undefined where nothing does. */
export async function withWrapping<T>(invocation: Invocation, data: string, use: (wrapping: KeyWrapping | undefined) => Promise<T>): Promise<T> {
  const isNeeded = await areWrapped(join(data, 'keys'));
  const { vault } = isNeeded ? (await readConfig(resolve(invocation.options['config'] ?? 'sallyport.yaml'))).audit : {};
  const wrapping = vault && vaultWrapping(vault, commandDeps(invocation));
  try {
    return await use(wrapping);
  } finally {
    await wrapping?.close();
  }
}
