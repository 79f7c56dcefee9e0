import type { Context } from 'hono';
import { streamSSE, type SSEStreamingApi } from 'hono/streaming';
import type { Approval } from '../../core/approval.ts';
import type { Subject } from '../../core/subject.ts';
import type { ApiDeps, ApiEnv, Caller } from '../deps.ts';
import { refuse } from '../refusal.ts';
import { maySee, presentApproval } from './presenter.ts';

/** How soon a stream looks by itself whether its sign-in ended or its groups changed. */
const RECHECK_MS = 2_000;
const KEEP_ALIVE_MS = 20_000;
const MAX_STREAMS = 8;
/** Changes that may wait for a slow reader; then its stream ends, and it reads the list again. */
const MAX_WAITING = 1_000;

/** Changes of approvals as server-sent events, as long as the sign-in lasts. A new stream begins with nothing: read the list first. */
export function createApprovalStream(deps: ApiDeps): (c: Context<ApiEnv>) => Response {
  const open = new Map<string, number>();
  return (c) => {
    const caller = c.get('caller');
    const count = open.get(caller.signIn) ?? 0;
    if (count >= MAX_STREAMS) return refuse(c, 429, 'limit_exceeded', `a sign-in has at most ${MAX_STREAMS} streams`, 'close other pages of the console');
    open.set(caller.signIn, count + 1);
    c.header('x-accel-buffering', 'no');
    c.header('cache-control', 'no-store');
    const leave = (): void => {
      const left = (open.get(caller.signIn) ?? 1) - 1;
      if (left === 0) open.delete(caller.signIn);
      else open.set(caller.signIn, left);
    };
    const onError = async (error: Error): Promise<void> => deps.report?.(error);
    return streamSSE(c, (stream) => follow(deps, caller, stream).finally(leave), onError);
  };
}

async function follow({ approvals, signIns, locks, watch = locks }: ApiDeps, { subject, signIn }: Caller, stream: SSEStreamingApi): Promise<void> {
  const waiting: Approval[] = [];
  let wake = (): void => {};
  let viewer: Subject | undefined = subject;
  const stop = approvals.onChange((approval) => {
    waiting.push(approval);
    wake();
  });
  let changed = false;
  const stopWatching = watch?.onChange(() => {
    changed = true;
    wake();
  });
  stream.onAbort(() => wake());
  try {
    await stream.write(': open\n\n');
    let checkedAt = performance.now();
    let wroteAt = checkedAt;
    while (!stream.aborted && viewer && !locks?.find({ subject: viewer }) && waiting.length <= MAX_WAITING) {
      const approval = waiting.shift();
      if (approval && maySee(approval, viewer)) {
        await stream.writeSSE({ event: 'change', data: JSON.stringify(presentApproval(approval, viewer)) });
        wroteAt = performance.now();
      }
      if (performance.now() - wroteAt >= KEEP_ALIVE_MS) {
        await stream.write(': keep-alive\n\n');
        wroteAt = performance.now();
      }
      if (waiting.length === 0 && !changed) await pause((resume) => (wake = resume));
      if (!changed && performance.now() - checkedAt < RECHECK_MS) continue;
      changed = false;
      checkedAt = performance.now();
      viewer = (await signIns.current(signIn))?.subject;
    }
  } finally {
    stopWatching?.();
    stop();
  }
}

/** Until woken, or until the sign-in is to be looked at again. */
async function pause(onResume: (resume: () => void) => void): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, RECHECK_MS);
  onResume(resolve);
  await promise;
  clearTimeout(timer);
}
