import type { ApprovalView } from './approvals.ts';

export interface ApprovalStreamHandlers {
  readonly changed: (approval: ApprovalView) => void;
  /** The stream is open: whatever changed before must be read again. */
  readonly opened: () => void;
  /** The stream broke; the browser, or a new stream after a while, tries again. */
  readonly lost: () => void;
}

const RETRY_MS = 10_000;

/** Follows the approvals that this viewer may see, until the returned function is called. */
export function followApprovals(handlers: ApprovalStreamHandlers): () => void {
  let source: EventSource | undefined;
  let retry: ReturnType<typeof setTimeout> | undefined;

  const open = (): void => {
    source = new EventSource('/api/approvals/stream');
    source.addEventListener('open', handlers.opened);
    // As the API's replies: page and gateway are released together.
    source.addEventListener('change', (event) => handlers.changed(JSON.parse(String(event.data)) as ApprovalView));
    source.addEventListener('error', () => {
      handlers.lost();
      if (source?.readyState !== EventSource.CLOSED) return;
      retry = setTimeout(open, RETRY_MS);
    });
  };
  open();
  return () => {
    clearTimeout(retry);
    source?.close();
  };
}
