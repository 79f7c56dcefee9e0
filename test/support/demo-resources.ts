import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';

const FOLDER = join(import.meta.dirname, '../../examples/models/resources');

/** The demo's own target and policy, pointed at a server that a test started. */
export async function modelsResources(address: string, credential: object): Promise<object[]> {
  const [target, policy] = await Promise.all(['target.yaml', 'policy.yaml'].map(async (name) => parse(await readFile(join(FOLDER, name), 'utf8')) as object));
  return [{ ...target, address, credential }, { ...policy }];
}
