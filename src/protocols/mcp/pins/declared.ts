import { createHash } from 'node:crypto';
import { canonicalJson } from '../../../core/canonical.ts';
import type { Declared, Finding } from '../../../core/definitions.ts';
import { isJsonArray, isJsonObject, member, type JsonObject, type JsonValue } from '../../../core/json.ts';
import { withMasker, type Masker } from '../../../core/masker.ts';
import { maskMessage } from '../mask.ts';
import { definitionOf, readTool } from '../tools.ts';
import { findingsIn } from './findings.ts';
import { spellOut } from './hidden-characters.ts';
import { INSTRUCTIONS } from './pin.ts';

/** The tools of a `tools/list` result. Those that may never be shown are not among them. */
export function declaredTools(result: JsonValue | undefined, masker: () => Masker): readonly Declared[] {
  const list = member(result, 'tools');
  if (!isJsonArray(list)) return [];
  const tools = list.flatMap((value) => {
    const tool = readTool(value);
    return tool ? [{ tool, definition: definitionOf(value) }] : [];
  });
  return tools.map(({ tool: { name, hash }, definition }) => {
    const others = (): readonly string[] => tools.flatMap(({ tool }) => (tool.name === name ? [] : [tool.name]));
    return { name, hash, shown: () => shownOf(definition, findingsIn(definition, others()), masker()) };
  });
}

/** What a server says of itself in its handshake; that it says nothing is a definition, too. */
export function declaredInstructions(result: JsonValue | undefined, masker: () => Masker): Declared {
  const definition: JsonObject = { instructions: instructionsIn(result) ?? null };
  return { name: INSTRUCTIONS, hash: hashOf(definition), shown: () => shownOf(definition, findingsIn(definition), masker()) };
}

export function instructionsHash(result: JsonValue | undefined): string {
  return hashOf({ instructions: instructionsIn(result) ?? null });
}

const instructionsIn = (result: JsonValue | undefined): JsonValue | undefined => member(result, 'instructions');

const hashOf = (definition: JsonObject): string => createHash('sha256').update(canonicalJson(definition)).digest('hex');

/** Longer ones are cut for people; the hash is of the whole. */
const MAX_SHOWN = 256 << 10;

async function shownOf(definition: JsonObject, findings: readonly Finding[], masker: Masker): ReturnType<Declared['shown']> {
  return withMasker(masker, (ready) => {
    const masked = member(member(maskMessage({ result: { tools: [spelled(definition)] } }, ready).value, 'result'), 'tools');
    const text = canonicalJson((isJsonArray(masked) ? masked[0] : undefined) ?? null);
    const shown = text.length <= MAX_SHOWN ? text : canonicalJson({ name: member(definition, 'name') ?? null, tooLong: text.length });
    return { definition: shown, findings: findings.map((finding) => ({ ...finding, what: ready.text(spellOut(finding.what)).value })) };
  });
}

/** The same with hidden characters made visible, before a masker takes them out. */
function spelled(value: JsonValue): JsonValue {
  if (typeof value === 'string') return spellOut(value);
  if (isJsonArray(value)) return value.map(spelled);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [spellOut(key), spelled(each)]));
}
