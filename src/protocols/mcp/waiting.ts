import type { Approval } from '../../core/approval.ts';
import { writeJson, type JsonValue } from '../../core/json.ts';
import { waitingText } from './errors.ts';
import type { Responder } from './responder.ts';
import { writeEvent } from './sse.ts';

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
  const text = waitingText(approval, waiting.consoleUrl);
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
