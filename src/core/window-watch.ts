import type { Approval, Approvals, WindowQuestion } from './approval.ts';

export interface WindowWatch {
  /** What people agreed to ahead; the command ends with it. */
  readonly window: Approval;
  readonly question: WindowQuestion;
  /** Tells the caller that a minute is left. */
  warn(text: string): void;
  /** Acts once: the window is over, or was taken back. */
  end(reason: string): void;
}

const WARN_MS = 60_000;
/** What a stop may take to reach a command that runs. */
const LOOK_MS = 500;
const WAY_OUT = 'ask for another, or call again to have this command approved by itself';

/** Holds what runs to its window: its end, its withdrawal, and whether those who agreed to it still could. The result stops it. */
export function watchWindow(approvals: Approvals, { window, question, warn, end }: WindowWatch): () => void {
  const left = window.expiresAt - Date.now();
  const timers = [setTimeout(() => end(`the access window ${window.id} ended: ${WAY_OUT}`), Math.max(0, left))];
  if (left > WARN_MS) timers.push(setTimeout(() => warn(`the access window ends in ${WARN_MS / 60_000} minute, and this command with it`), left - WARN_MS));
  const look = setInterval(() => {
    void isOpen(approvals, question).then((open) => (open ? undefined : end(`the access window ${window.id} no longer stands: ${WAY_OUT}`)));
  }, LOOK_MS);
  return () => {
    timers.forEach(clearTimeout);
    clearInterval(look);
  };
}

/** Where the database cannot say, the window is not taken to be open. */
async function isOpen(approvals: Approvals, question: WindowQuestion): Promise<boolean> {
  return (await approvals.window?.(question).catch(() => undefined)) !== undefined;
}
