import type { Command } from '../../core/command.ts';
import { mayWrite } from '../../identity/oauth/scopes.ts';
import { challenge } from '../../identity/resource-metadata.ts';
import type { RpcMessage } from './codec.ts';

/**
 * Whether the client would have to ask its person for more. A token of a client that was only let in to read does not call what may
 * change something; tools are what they were accepted as, or what an administrator calls them. The policy is asked all the same.
 */
export function needsMoreScope(scope: string | undefined, message: RpcMessage, command: Command): boolean {
  if (scope === undefined || message.kind !== 'request' || mayWrite(scope)) return false;
  return command.traits.readOnly !== true || command.naming === 'literal';
}

/** One challenge with all that the call takes, so that a client asks its person once. */
export const stepUp = (url: string, target: string): Readonly<Record<string, string>> => ({
  'www-authenticate': challenge(url, target, {
    error: { code: 'insufficient_scope', reason: 'this call may change something, and the client was let in to read' },
    scope: 'mcp:read mcp:write',
  }),
});
