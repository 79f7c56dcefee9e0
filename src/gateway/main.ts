/**
 * Wires one gateway: configuration, storage, journal, policy, protocols, API, listener. It decides nothing itself. Called
 * by the command line; nothing else in the project knows this folder.
 */
import { getRequestListener } from '@hono/node-server';
import { NO_LOG } from '../core/log.ts';
import type { Target } from '../core/target.ts';
import { openApi } from './api.ts';
import { readConfig } from './config.ts';
import { listen } from './http-server.ts';
import { createLog, type LogOptions } from './log.ts';
import { openParts } from './parts.ts';
import { openProtocols } from './protocols.ts';
import { Shutdown } from './shutdown.ts';

export interface GatewayOptions {
  /** Path of `sallyport.yaml`. */
  readonly config: string;
  /** Where the log goes, and how it looks there unless the configuration says so. Absent: nowhere. */
  readonly log?: Pick<LogOptions, 'write' | 'format'>;
}

export interface Gateway {
  readonly url: string;
  /** What it guards, as it started. */
  readonly targets: readonly Pick<Target, 'name' | 'protocol'>[];
  close(): Promise<void>;
}

/** Starts a gateway and resolves when it listens. Throws SallyportError with what to mend; whatever was opened is closed again. */
export async function startGateway({ config: file, log: output }: GatewayOptions): Promise<Gateway> {
  const config = await readConfig(file);
  const log = output ? createLog({ ...output, ...config.log }) : NO_LOG;
  const shutdown = new Shutdown();
  try {
    const parts = await openParts(config, shutdown, log);
    const rest = getRequestListener((await openApi(parts)).fetch, { overrideGlobalObjects: false });
    const onError = (error: unknown): void => log.error('http', error);
    shutdown.owns(await listen(config, { hosts: parts.hosts, protocols: await openProtocols(parts), rest, onError }));
    log.info('gateway', `listening at ${config.url}`);
    return { url: config.url, targets: parts.policy.snapshot().targets, close: () => shutdown.run() };
  } catch (error) {
    await shutdown.run();
    throw error;
  }
}
