import { resolve } from 'node:path';
import { SallyportError } from '../core/error.ts';
import { readConfig } from '../gateway/config.ts';
import type { Invocation } from './command.ts';

/** The resources that `--resources` or the configuration names. */
export async function resourcePath({ options }: Invocation): Promise<string> {
  const { resources, config } = options;
  if (resources !== undefined && config !== undefined) throw new SallyportError('usage', '--resources and --config exclude each other');
  if (resources !== undefined) return resolve(resources);
  return (await readConfig(resolve(config ?? 'sallyport.yaml'))).resources;
}
