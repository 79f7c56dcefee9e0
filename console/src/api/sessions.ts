import type { SessionSummary } from '../../../src/audit/session-summary.ts';
import type { ApiClient } from './client.ts';

/** The gateway's own line of the list: one shape on both sides. */
export type SessionView = SessionSummary;

export interface SessionPage {
  readonly sessions: readonly SessionView[];
  readonly next?: string;
}

/** A recorded event, as far as this page reads it. */
export interface RecordedEvent {
  readonly id: string;
  readonly time: string;
  readonly kind: string;
  readonly subject?: { readonly name: string; readonly kind: string };
  readonly command?: { readonly name: string; readonly digest: string; readonly flags: readonly string[] };
  readonly decision?: {
    readonly effect: 'allow' | 'deny' | 'review';
    readonly rule: string;
    readonly reason: string;
    readonly risk: { readonly score: number; readonly factors: readonly { readonly name: string; readonly points: number }[] };
  };
  readonly approval?: string;
  readonly intent?: string;
  readonly outcome?: { readonly status: string; readonly bytes?: number; readonly milliseconds?: number };
  readonly masks?: readonly { readonly by: string; readonly name: string; readonly count: number }[];
  readonly note?: string;
}

export interface RecordedBody {
  readonly name: string;
  readonly contentType: string;
  readonly text: string;
}

export interface ReplayStep {
  readonly event: RecordedEvent;
  readonly bodies: readonly RecordedBody[];
}

export interface Replay {
  readonly session: SessionView;
  readonly events: readonly ReplayStep[];
}

const SESSION_PAGE = 50;

export async function listSessions(client: ApiClient, cursor: string | undefined, signal: AbortSignal): Promise<SessionPage> {
  const query = new URLSearchParams({ limit: String(SESSION_PAGE), ...(cursor === undefined ? {} : { cursor }) });
  return client.call(`sessions?${query}`, { signal });
}

export async function readReplay(client: ApiClient, id: string, signal: AbortSignal): Promise<Replay> {
  return client.call(`sessions/${encodeURIComponent(id)}`, { signal });
}
