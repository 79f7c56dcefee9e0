import { mcp } from './mcp/index.ts';
import type { Protocol } from './protocol.ts';

/** Every protocol that the gateway speaks. A new one is one more line. */
export const PROTOCOLS: Readonly<Record<string, Protocol>> = { mcp };
