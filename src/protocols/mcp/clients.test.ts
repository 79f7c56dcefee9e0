import assert from 'node:assert/strict';
import { it } from 'node:test';
import { DEFAULT_CLIENTS, isPatient, isRetrying } from './clients.ts';

it('a client that is known to repeat a call is told to, by its whole name; another is not', () => {
  assert.ok(isRetrying('mcp-inspector', DEFAULT_CLIENTS));
  for (const name of ['mcp-inspector-x', 'mcp', '', 'claude-code', 'someone']) assert.ok(!isRetrying(name, DEFAULT_CLIENTS), name);
});

it('clients that show such a result as an error are never told to, whatever the list says', () => {
  for (const name of ['Anthropic/ClaudeAI', 'claude-ai', 'Anthropic']) assert.ok(!isRetrying(name, { ...DEFAULT_CLIENTS, retrying: [name] }), name);
});

it('a client that is known to be patient is, in any of its editions; another is not', () => {
  for (const name of ['claude-code', 'Visual Studio Code - Insiders', 'codex-mcp-client']) assert.ok(isPatient(name, DEFAULT_CLIENTS), name);
  for (const name of ['Cursor', '', 'not-claude-code']) assert.ok(!isPatient(name, DEFAULT_CLIENTS), name);
});
