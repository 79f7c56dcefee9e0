import type { Approval } from '../../core/approval.ts';
import { writeJson, type JsonValue } from '../../core/json.ts';
import type { Responder } from './responder.ts';
import { writeEvent } from './sse.ts';
import type { Times } from './times.ts';

/** Clients that are known to wait for as long as progress arrives. */
const PATIENT = /^(?:claude-code|visual studio code|vscode|codex)/i;

/** How long a held call of this client is held, in milliseconds. */
export function patience(clientName: string, hasToken: boolean, times: Times): number {
  return hasToken && PATIENT.test(clientName) ? times.patientHoldMs : times.holdMs;
}

export interface Waiting {
  readonly responder: Responder;
  /** Where the client asked for progress; without it only comments are sent, which keep the line and not the client. */
  readonly progressToken: JsonValue | undefined;
  readonly budgetMs: number;
  readonly everyMs: number;
  readonly consoleUrl: string;
  /** The caller took its request back. */
  readonly cancelled: AbortSignal;
}

/** Holds the caller: the head and the first word at once, one more every `everyMs`, until people answered or patience ends. */
export async function waitForPeople(approval: Approval, settled: (signal: AbortSignal) => Promise<Approval>, waiting: Waiting): Promise<Approval> {
  const { responder, progressToken, budgetMs } = waiting;
  const text = `waiting for approval ${approval.id} by ${from(approval)}: ${waiting.consoleUrl}/approvals/${approval.id}`;
  let progress = 0;
  const say = (): void => {
    progress += 1;
    if (progressToken === undefined) return responder.comment(text);
    const params = { progressToken, progress, message: text };
    void responder.event(writeEvent(writeJson({ jsonrpc: '2.0', method: 'notifications/progress', params })));
  };
  responder.startStream();
  say();
  const timer = setInterval(say, waiting.everyMs);
  try {
    return await settled(AbortSignal.any([responder.left, waiting.cancelled, AbortSignal.timeout(budgetMs)]));
  } finally {
    clearInterval(timer);
  }
}

function from(approval: Approval): string {
  return [...new Set(approval.decision.approvals.flatMap((each) => each.from))].join(', ');
}
