import { isJsonObject, member, type JsonValue } from '../../core/json.ts';
import { TASKS_EXTENSION } from './own-task.ts';

/**
 * What a target of revision 2026-07-28 says that it can do, with tasks where the gateway may hold this caller's calls: clients
 * look here before they ask for one. Before, a client asks for tasks tool by tool, and gets one or an error; so nothing is
 * announced for a target that has none.
 */
export function withTasksAnnounced(result: JsonValue, mayHold: () => boolean): JsonValue {
  const capabilities = member(result, 'capabilities');
  if (!isJsonObject(result) || !isJsonObject(capabilities) || member(capabilities, 'tools') === undefined) return result;
  const extensions = member(capabilities, 'extensions') ?? {};
  if (!isJsonObject(extensions) || member(extensions, TASKS_EXTENSION) !== undefined || !mayHold()) return result;
  return { ...result, capabilities: { ...capabilities, extensions: { ...extensions, [TASKS_EXTENSION]: {} } } };
}
