import { makeCommand, type Command } from '../core/command.ts';
import type { Recall } from '../policy/simulate.ts';
import type { SupposedCommand } from '../policy/supposed.ts';
import { mcp } from './mcp/index.ts';
import { postgres } from './postgres/index.ts';
import type { Protocol } from './protocol.ts';

/** Every protocol that the gateway speaks. A new one is one more line. */
export const PROTOCOLS: Readonly<Record<string, Protocol>> = { mcp, postgres };

/** The command as its protocol would name it; of a protocol that is not spoken, as it is written. */
export function suppose(supposed: SupposedCommand): Command {
  const protocol = Object.hasOwn(PROTOCOLS, supposed.protocol) ? PROTOCOLS[supposed.protocol] : undefined;
  return protocol?.suppose(supposed) ?? makeCommand({ protocol: supposed.protocol, name: supposed.name, naming: 'literal', arguments: supposed.args });
}

export const recall: Recall = ({ protocol, name, request }) => (Object.hasOwn(PROTOCOLS, protocol) ? PROTOCOLS[protocol]?.recall(name, request) : undefined);
