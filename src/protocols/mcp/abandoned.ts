export interface Abandonable {
  /** Aborted when the caller has gone. */
  readonly left: AbortSignal;
  readonly afterMs: number;
  /** Whether it came back and follows what is kept for it. */
  isFollowed(): boolean;
  /** Gives the call up. */
  end(): void;
}

/** Gives a call up when its caller has been gone for so long, and nobody follows it. Returns what stops the waiting. */
export function endWhenAbandoned({ left, afterMs, isFollowed, end }: Abandonable): () => void {
  let timer: NodeJS.Timeout | undefined;
  const wait = (): void => {
    timer = setTimeout(() => (isFollowed() ? wait() : end()), afterMs).unref();
  };
  if (left.aborted) wait();
  else left.addEventListener('abort', wait, { once: true });
  return () => {
    left.removeEventListener('abort', wait);
    clearTimeout(timer);
  };
}
