import { resolve } from 'node:path';
import type { ActorRule } from '../identity/workloads/delegation.ts';
import type { KeySource } from '../identity/workloads/key-source.ts';
import type { WorkloadRule } from '../identity/workloads/workload-rule.ts';
import type { ConfigDocument } from './config-schema.ts';

type Document = ConfigDocument['identity'];

/** Programs, AI agents and jobs, as the configuration knows them; files are absolute. */
export interface MachineConfig {
  readonly workloads: readonly WorkloadRule[];
  readonly clients: Document['clients'];
  /** AI agents of other issuers, and for whom they may act. */
  readonly actors: readonly ActorRule[];
}

export function machineConfig({ workloads, clients, issuers }: Document, url: string, folder: string): MachineConfig {
  const located = (source: KeySource): KeySource => ('file' in source ? { file: resolve(folder, source.file) } : source);
  return {
    workloads: workloads.map(({ audience = url, keys, ...rest }) => ({ ...rest, audience, ...(keys ? { keys: located(keys) } : {}) })),
    clients: clients.map(({ keys, ...rest }) => ({ ...rest, ...(keys ? { keys: located(keys) } : {}) })),
    actors: [
      ...clients.filter(({ kind }) => kind === 'ai-agent').map(({ id, actsFor }) => ({ issuer: url, id, actsFor })),
      ...issuers.filter(({ kind }) => kind === 'ai-agent').map(({ issuer, actsFor }) => ({ issuer, actsFor })),
    ],
  };
}
