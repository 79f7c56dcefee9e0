/** What is known of client programs by the name that they give themselves. It sets how they wait, never what they may do. */
export interface KnownClients {
  /** Beginnings of the names of those that wait for as long as progress arrives. */
  readonly patient: readonly string[];
  /** Names of those that repeat a call by themselves when its result is `input_required` with nothing but `requestState`. */
  readonly retrying: readonly string[];
}

/**
 * A program that uses SDK 2 sends a name of its own, and whether it left the SDK's retrying on cannot be seen on the wire: a
 * name is listed when its program was read or tried.
 */
export const DEFAULT_CLIENTS: KnownClients = {
  patient: ['claude-code', 'visual studio code', 'vscode', 'codex'],
  retrying: ['mcp-inspector', 'mcp-inspector-tui', 'inspector-cli'],
};

/** These show such a result as an error, whatever a list says. */
const NEVER_RETRYING = /anthropic|claude/i;

export function isPatient(name: string, { patient }: KnownClients): boolean {
  return patient.some((start) => name.toLowerCase().startsWith(start.toLowerCase()));
}

export function isRetrying(name: string, { retrying }: KnownClients): boolean {
  return !NEVER_RETRYING.test(name) && retrying.some((each) => each.toLowerCase() === name.toLowerCase());
}
