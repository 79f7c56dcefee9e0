import { explainError, SallyportError } from '../core/error.ts';
import { makeEvent } from '../core/event.ts';
import type { Recorder } from '../core/recorder.ts';
import { readCredential } from '../credential/credential.ts';
import { DETECTOR_NAMES } from '../masking/detectors.ts';
import { createKindSearch } from '../masking/detect-kinds.ts';
import type { ResourceText } from '../policy/resource-files.ts';
import { loadResources, parseResources, type ResourceOptions } from '../policy/resources.ts';
import { compilePolicy, type Snapshot } from '../policy/snapshot.ts';
import { watchResources } from '../policy/watch.ts';
import { PROTOCOLS } from '../protocols/registry.ts';

/** What a gateway's resources may name; `kinds` are those that its analyzer serves. */
function resourceOptions(kinds: readonly string[]): ResourceOptions {
  const own = DETECTOR_NAMES;
  const clash = kinds.find((kind) => own.includes(kind));
  if (clash !== undefined)
    throw new SallyportError('config_invalid', `${clash} is detected without an analyzer`, { hint: 'remove it from masking.analyzer.entities' });
  return { detectors: [...own, ...kinds], analyzed: kinds, protocols: Object.keys(PROTOCOLS), detect: createKindSearch };
}

/** For checks without a gateway: an analyzer is supposed, with what Presidio finds by a language model. */
export const RESOURCE_OPTIONS: ResourceOptions = resourceOptions(['person', 'location', 'organization', 'nrp']);

export interface PolicyParts {
  readonly recorder: Recorder;
  readonly log: (line: string) => void;
  /** What the analyzer serves. */
  readonly kinds: readonly string[];
}

export interface LivePolicy {
  /** The policy in force. */
  snapshot(): Snapshot;
  /** Another one, which stays out of force. Throws `resources_invalid`. */
  compile(texts: readonly ResourceText[]): Snapshot;
  close(): Promise<void>;
}

/** The policy of a folder, replaced as a whole when its files change. A set that is not sound is refused and recorded; the old one stays. */
export async function openPolicy(path: string, { recorder, log, kinds }: PolicyParts): Promise<LivePolicy> {
  const options = resourceOptions(kinds);
  let current = compilePolicy(await loadResources(path, options));
  await recorder.append(makeEvent('policy.changed', { note: `version ${current.version} at start` }));
  await tellUnusable(current, log);
  const stop = new AbortController();
  const handlers = {
    onChange(next: Snapshot) {
      replace(next).catch(report);
    },
    onRefused(refused: SallyportError) {
      report(refused);
      recorder.append(makeEvent('policy.refused', { note: refused.message.slice(0, 2000) })).catch(report);
    },
  };
  /** A policy that cannot be recorded is not put into force. */
  const replace = async (next: Snapshot): Promise<void> => {
    const note = `version ${current.version} -> ${next.version}`;
    await recorder.append(makeEvent('policy.changed', { note }));
    current = next;
    log(`policy changed: ${note}`);
    await tellUnusable(next, log);
  };
  const report = (error: unknown): void => log(`policy not changed: ${explainError(error)}`);
  const watching = watchResources(path, handlers, stop.signal, { ...options, version: current.version });
  return {
    snapshot: () => current,
    compile: (texts) => compilePolicy(parseResources(texts, options)),
    async close() {
      stop.abort();
      await watching;
    },
  };
}

/** Tells the operator which targets no call would reach. The gateway serves the others; secrets are read again for each connection. */
async function tellUnusable({ targets }: Snapshot, log: (line: string) => void): Promise<void> {
  for (const { name, credential } of targets) {
    if (!credential) continue;
    try {
      for (const warning of (await readCredential(credential)).warnings) log(`target ${name}: ${warning}`);
    } catch (error) {
      log(`target ${name} cannot be opened: ${explainError(error)}`);
    }
  }
}
