import type { Command } from '../../core/command.ts';
import { makeCommand } from '../../core/command.ts';
import { isJsonArray, isJsonObject, member, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { Catalog } from './catalog.ts';
import { toolCommand } from './command.ts';
import { readTool } from './tools.ts';
import { isSupported } from './versions.ts';

/** Whether any circumstance would permit this command to this caller. */
export type MayList = (command: Command) => boolean;

/** What may be shown of a target's definitions: those that are pinned. */
export type Shown = Pick<Catalog, 'shows' | 'showsInstructions'>;

/**
 * What a caller may not use it does not see. A filtered list is this caller's alone, so no cache may share it; it is
 * asked for again with every use, because a grant may come or go at any time.
 */
export function filterResult(method: string, result: JsonValue, mayList: MayList, shown: Shown): JsonValue {
  if (!isJsonObject(result)) return result;
  switch (method) {
    case 'tools/list':
      return privately(result, 'tools', (each) => toolMayShow(each, mayList, shown));
    case 'prompts/list':
      return privately(result, 'prompts', (each) => mayName(mayList, 'prompts/get', member(each, 'name')));
    case 'resources/list':
      return privately(result, 'resources', (each) => mayName(mayList, 'resources/read', member(each, 'uri')));
    case 'resources/templates/list':
      return privately(result, 'resourceTemplates', (each) => mayName(mayList, 'resources/read', member(each, 'uriTemplate')));
    case 'initialize':
      return withoutInstructions(result, shown);
    case 'server/discover':
      return privately(withoutInstructions(withSupportedVersions(result), shown), undefined, () => true);
    default:
      return result;
  }
}

/** The list that a result is, by its shape, where the request that it answers is not at hand. */
export function methodOf(result: JsonValue | undefined): string {
  for (const [method, key] of LISTS) if (isJsonArray(member(result, key))) return method;
  return '';
}

const LISTS = [
  ['tools/list', 'tools'],
  ['prompts/list', 'prompts'],
  ['resources/templates/list', 'resourceTemplates'],
  ['resources/list', 'resources'],
] as const;

function toolMayShow(value: JsonValue, mayList: MayList, shown: Shown): boolean {
  const tool = readTool(value);
  return tool !== undefined && shown.shows(tool) && mayList(toolCommand(tool));
}

function mayName(mayList: MayList, method: string, name: JsonValue | undefined): boolean {
  if (typeof name !== 'string') return false;
  return mayList(makeCommand({ protocol: 'mcp', name: `${method} ${name}`, naming: 'plain', arguments: {}, traits: { readOnly: true } }));
}

function privately(result: JsonObject, key: string | undefined, keep: (value: JsonValue) => boolean): JsonObject {
  const list = key === undefined ? undefined : member(result, key);
  const shown = isJsonArray(list) && key !== undefined ? { [key]: list.filter(keep) } : {};
  const cache = member(result, 'cacheScope') === undefined && member(result, 'ttlMs') === undefined ? {} : { cacheScope: 'private', ttlMs: 0 };
  return { ...result, ...shown, ...cache };
}

/** What a server tells the model about itself passes once it is pinned, as a tool's description does. */
function withoutInstructions(result: JsonObject, shown: Shown): JsonObject {
  if (member(result, 'instructions') === undefined || shown.showsInstructions(result)) return result;
  const { instructions: _instructions, ...rest } = result;
  return rest;
}

function withSupportedVersions(result: JsonObject): JsonObject {
  const versions = member(result, 'supportedVersions');
  if (!isJsonArray(versions)) return result;
  return { ...result, supportedVersions: versions.filter((each) => typeof each === 'string' && isSupported(each)) };
}
