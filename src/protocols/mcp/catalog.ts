import { dependsOnSubject } from '../../core/credential-spec.ts';
import type { Definitions } from '../../core/definitions.ts';
import { isJsonArray, member, writeJson, type JsonValue } from '../../core/json.ts';
import type { Masker } from '../../core/masker.ts';
import { subjectKey, type Subject } from '../../core/subject.ts';
import type { Target } from '../../core/target.ts';
import { listTools, type ListPage } from './list-tools.ts';
import { declaredInstructions, declaredTools, instructionsHash } from './pins/declared.ts';
import { INSTRUCTIONS } from './pins/pin.ts';
import { argumentCheck, readTool, type ArgumentCheck, type Tool } from './tools.ts';
import type { Upstream } from './upstream.ts';

const MAX_TOOLS = 10_000;
/** Of all names and schemas of one target together. */
const MAX_CHARS = 32 << 20;
/** How long an unknown name is unknown before the target is asked again. */
const REFRESH_MS = 5000;

export interface KnownTool {
  readonly tool: Tool;
  readonly check: ArgumentCheck;
}

/** The tools of one target, learned from the lists that pass and from the gateway's own: for those a target that is not opened alike for everybody is opened for whoever made it necessary. */
export interface Catalog {
  /** The tool, if it is known already. */
  peek(name: string): Promise<KnownTool | undefined>;
  /** The tool, asking the target where it is not known. */
  find(name: string, asker?: Subject): Promise<KnownTool | undefined>;
  /** Takes in the tools of a `tools/list` result; what is new or has changed is pinned or quarantined before it resolves. */
  learn(result: JsonValue | undefined, asker?: Subject): Promise<void>;
  /** The same of what a server says of itself in its handshake. */
  learnInstructions(result: JsonValue | undefined): Promise<void>;
  /** Whether a tool may be listed as it is declared. */
  shows(tool: Tool): boolean;
  /** Whether the instructions of this handshake may be passed on. */
  showsInstructions(result: JsonValue): boolean;
  /** The target said that its list changed: it is read again, for a definition that changed is no longer relied on. */
  expire(asker?: Subject): void;
}

export interface CatalogParts {
  readonly target: Target;
  readonly upstream: Upstream;
  readonly pins: Definitions;
  /** What masks a definition that is kept for people: everything that any policy of the target masks. */
  masker(): Masker;
  readonly now?: () => number;
}

export function createCatalog({ target, upstream, pins, masker, now = Date.now }: CatalogParts): Catalog {
  const tools = new Map<string, KnownTool>();
  let chars = 0;
  /** By whom the target is opened for, where that is not the same for all: nobody has part in what fails for another. */
  const listings = new Map<string, Promise<void>>();
  const isShared = target.credential === undefined || !dependsOnSubject(target.credential);
  let listedAt = Number.NEGATIVE_INFINITY;

  /** What a tool may be used for under its pin, as its command will say it. */
  function withStanding(tool: Tool): Tool {
    const standing = pins.standing(target, tool.name, tool.hash);
    const flags = [...new Set(standing.findings.map(({ kind }) => kind))];
    if (standing.kind === 'accepted') return flags.length === 0 ? tool : { ...tool, flags };
    const answer = standing.mayBeHeld && target.quarantine === 'review' ? 'review' : 'deny';
    return { ...tool, flags, quarantine: { answer, reason: standing.reason } };
  }

  async function peek(name: string): Promise<KnownTool | undefined> {
    const known = tools.get(name);
    if (!known) return undefined;
    await pins.refresh(target);
    const tool = withStanding(known.tool);
    return tool === known.tool ? known : { ...known, tool };
  }

  async function learn(result: JsonValue | undefined, asker?: Subject): Promise<void> {
    if (!isJsonArray(member(result, 'tools'))) return;
    const listEnded = typeof member(result, 'nextCursor') !== 'string';
    const list = await take({ result, listEnded });
    // A caller need not ask for the other pages, and what is not in the first list is new.
    if (!listEnded && list === 'open') refresh(asker).catch(() => {});
  }

  /** Pinned first: a tool that is known here and not yet pinned would look like one that nobody has seen. */
  async function take({ result, listEnded }: ListPage): Promise<'open' | 'ended'> {
    const list = await pins.learn(target, { declared: declaredTools(result, masker), listEnded });
    remember(result);
    return list;
  }

  function remember(result: JsonValue | undefined): void {
    const list = member(result, 'tools');
    if (!isJsonArray(list)) return;
    for (const each of list) {
      const tool = readTool(each);
      if (!tool || tools.get(tool.name)?.tool.hash === tool.hash) continue;
      keep(tool);
    }
  }

  /** A tool that there is no room for is unknown: an older definition of it says nothing any more. */
  function keep(tool: Tool): void {
    const before = tools.get(tool.name);
    if (before) chars -= sizeOf(before.tool);
    tools.delete(tool.name);
    const size = sizeOf(tool);
    if (tools.size >= MAX_TOOLS || chars + size > MAX_CHARS) return;
    chars += size;
    tools.set(tool.name, known(tool, target));
  }

  async function refresh(asker?: Subject): Promise<void> {
    if (now() - listedAt < REFRESH_MS) return;
    const key = isShared || !asker ? '' : subjectKey(asker);
    const listing = listings.get(key) ?? list(asker).finally(() => listings.delete(key));
    listings.set(key, listing);
    await listing;
  }

  async function list(asker: Subject | undefined): Promise<void> {
    await listTools(upstream, take, asker);
    listedAt = now();
  }

  return {
    peek,
    async find(name, asker) {
      if (!tools.has(name)) await refresh(asker);
      return peek(name);
    },
    learn,
    async learnInstructions(result) {
      await pins.learn(target, { declared: [declaredInstructions(result, masker)], listEnded: false });
    },
    shows: (tool) => withStanding(tool).quarantine?.answer !== 'deny',
    showsInstructions: (result) => pins.standing(target, INSTRUCTIONS, instructionsHash(result)).kind === 'accepted',
    expire(asker) {
      const isDue = now() - listedAt >= REFRESH_MS;
      listedAt = Number.NEGATIVE_INFINITY;
      if (isDue) refresh(asker).catch(() => {});
    },
  };
}

const sizeOf = ({ name, schema }: Tool): number => name.length + writeJson(schema).length;

/** A schema is compiled when a call needs it, once. */
function known(tool: Tool, target: Target): KnownTool {
  let check: ArgumentCheck | undefined;
  return { tool, check: (args) => (check ??= argumentCheck(tool, target))(args) };
}
