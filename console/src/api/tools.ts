import type { ApiClient } from './client.ts';

export interface ToolFinding {
  readonly kind: 'hidden-characters' | 'instruction-like-text' | 'cross-tool-reference';
  readonly path: string;
  readonly what: string;
}

export interface ToolDifference {
  readonly path: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

/** One tool as its server declares it now, beside what was pinned. */
export interface ToolView {
  readonly name: string;
  readonly status: 'accepted' | 'quarantined' | 'rejected' | 'superseded';
  readonly hash: string;
  readonly seenAt: string;
  readonly findings: readonly ToolFinding[];
  readonly definition: unknown;
  readonly decided?: { readonly by: string; readonly at: string };
  readonly pinned?: { readonly hash: string; readonly definition: unknown };
  readonly differences: readonly ToolDifference[];
}

export type ToolAnswer = 'accept' | 'reject';

export async function listTools(client: ApiClient, target: string, signal: AbortSignal): Promise<readonly ToolView[]> {
  return (await client.call<{ readonly tools: readonly ToolView[] }>(`targets/${encodeURIComponent(target)}/tools`, { signal })).tools;
}

/** Of exactly the definition that was looked at. */
export async function answerTool(client: ApiClient, target: string, { name, hash }: Pick<ToolView, 'name' | 'hash'>, answer: ToolAnswer): Promise<ToolView> {
  return client.call(`targets/${encodeURIComponent(target)}/tools/${encodeURIComponent(name)}/${answer}`, { method: 'POST', body: { hash } });
}

/** What waits for an owner first, then what was refused, then the rest; by name. */
export function sortTools(tools: readonly ToolView[]): readonly ToolView[] {
  const order = ({ status }: ToolView): number => ['quarantined', 'rejected'].indexOf(status) + 1 || 3;
  return tools.toSorted((a, b) => order(a) - order(b) || a.name.localeCompare(b.name));
}
