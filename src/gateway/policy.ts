import { SallyportError } from '../core/error.ts';
import type { Log } from '../core/log.ts';
import { makeEvent } from '../core/event.ts';
import type { Recorder } from '../core/recorder.ts';
import { dependsOnSubject } from '../core/credential-spec.ts';
import type { Credentials } from '../credential/credential.ts';
import { DETECTOR_NAMES } from '../masking/detectors.ts';
import { createKindSearch } from '../masking/detect-kinds.ts';
import { lintResources } from '../policy/check.ts';
import { formatProblem, type Problem } from '../policy/problem.ts';
import type { ResourceText } from '../policy/resource-files.ts';
import { loadResources, parseResources, type ResourceOptions, type Resources } from '../policy/resources.ts';
import { compilePolicy, type Snapshot } from '../policy/snapshot.ts';
import { watchResources } from '../policy/watch.ts';
import { PROTOCOLS } from '../protocols/registry.ts';
import type { ToolBook } from './tool-book.ts';

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
  readonly log: Log;
  readonly credentials: Credentials;
  /** What the analyzer serves. */
  readonly kinds: readonly string[];
  /** What tools take, of this moment. A set that is put in place later has to agree with it; the first one is only told of. */
  readonly tools?: ToolBook;
}

export interface LivePolicy {
  /** The policy in force. */
  snapshot(): Snapshot;
  /** Another one, which stays out of force. Throws `resources_invalid`. */
  compile(texts: readonly ResourceText[]): Snapshot;
  close(): Promise<void>;
}

/** The policy of a folder, replaced as a whole when its files change. A set that is not sound is refused and recorded; the old one stays. */
export async function openPolicy(path: string, { recorder, log, credentials, kinds, tools }: PolicyParts): Promise<LivePolicy> {
  const options = resourceOptions(kinds);
  // Without the tools: what a server declares must not keep a gateway from starting. Rules that do not fit fail closed.
  let resources = await loadResources(path, options);
  let current = compilePolicy(resources);
  const later = { ...options, ...(tools ? { tools: tools.schemas } : {}) };
  await recorder.append(makeEvent('policy.changed', { note: `version ${current.version} at start` }));
  const warnings = new Warnings(log);
  const tellWarnings = async (): Promise<void> => {
    await tools?.read(resources.targets);
    warnings.tell(lintResources(resources, tools?.schemas));
  };
  await tellUnusable(current, credentials, log);
  await tellWarnings();
  const stop = new AbortController();
  const handlers = {
    onChange(next: Snapshot, from: Resources) {
      replace(next, from).catch(report);
    },
    onRefused(refused: SallyportError) {
      report(refused);
      recorder.append(makeEvent('policy.refused', { note: refused.message.slice(0, 2000) })).catch(report);
    },
  };
  /** A policy that cannot be recorded is not put into force. */
  const replace = async (next: Snapshot, from: Resources): Promise<void> => {
    const note = current.version === next.version ? `alerts; version ${next.version} as before` : `version ${current.version} -> ${next.version}`;
    await recorder.append(makeEvent('policy.changed', { note }));
    current = next;
    resources = from;
    log.info('policy', `changed: ${inShort(note)}`);
    await tellUnusable(next, credentials, log);
    await tellWarnings();
  };
  const report = (error: unknown): void => log.error('policy', new Error('not changed', { cause: error }));
  const watching = watchResources(path, handlers, stop.signal, { ...later, revision: current.revision });
  const stopListening = tools?.onChange(() => void tellWarnings().catch(report));
  return {
    snapshot: () => current,
    compile: (texts) => compilePolicy(parseResources(texts, later)),
    async close() {
      stopListening?.();
      stop.abort();
      await watching;
    },
  };
}

/** The record has whole hashes; the first twelve digits tell two versions apart for people. */
const inShort = (text: string): string => text.replace(/\b([0-9a-f]{12})[0-9a-f]{52}\b/g, '$1');

/** Says each warning once, until it is gone. */
class Warnings {
  readonly #log: Log;
  #told: ReadonlySet<string> = new Set();

  constructor(log: Log) {
    this.#log = log;
  }

  tell(problems: readonly Problem[]): void {
    const lines = problems.map(formatProblem);
    for (const line of lines) if (!this.#told.has(line)) this.#log.warn('policy', line);
    this.#told = new Set(lines);
  }
}

/** Tells the operator which targets no call would reach. The gateway serves the others; secrets are read again for each connection. */
async function tellUnusable({ targets }: Snapshot, credentials: Credentials, log: Log): Promise<void> {
  for (const { name, address, credential } of targets) {
    if (!credential || dependsOnSubject(credential)) continue;
    try {
      for (const warning of (await credentials.read(credential, { target: name, address })).warnings) log.warn(`target ${name}`, warning);
    } catch (error) {
      log.error(`target ${name}`, new Error('cannot be opened', { cause: error }));
    }
  }
}
