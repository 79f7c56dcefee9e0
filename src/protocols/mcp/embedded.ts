import type { Command } from '../../core/command.ts';
import { isJsonArray, isJsonObject, member, type JsonObject, type JsonValue } from '../../core/json.ts';
import { serverCommand } from './command.ts';

/** Error of revision 2025-11-25: the caller has to open a page first. */
const URL_ELICITATION_REQUIRED = -32042;

/**
 * What a reply asks of the caller: `inputRequests` of an unfinished result (2026-07-28), pages to open (-32042). Each is
 * decided like a request of its own; a reply with one that is not allowed goes no further.
 */
export function embeddedRequests(message: JsonObject): readonly Command[] {
  const inputs = member(member(message, 'result'), 'inputRequests');
  if (isJsonObject(inputs)) return Object.values(inputs).map(inputCommand);
  const error = member(message, 'error');
  if (member(error, 'code') !== URL_ELICITATION_REQUIRED) return [];
  const pages = member(member(error, 'data'), 'elicitations');
  return isJsonArray(pages) ? pages.map((page) => serverCommand('elicitation/create', withMode(page))) : [serverCommand('elicitation/create', {})];
}

function inputCommand(input: JsonValue): Command {
  const method = member(input, 'method');
  const params = member(input, 'params');
  return serverCommand(typeof method === 'string' ? method : 'unknown', isJsonObject(params) ? params : {});
}

function withMode(page: JsonValue): JsonObject {
  return isJsonObject(page) ? { ...page, mode: 'url' } : { mode: 'url' };
}
