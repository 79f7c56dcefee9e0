/** Lets so many run at a time; the others wait for their turn. */
export interface TaskLimit {
  /** Rejects with the signal's reason where the turn does not come before it aborts. */
  run<T>(task: () => Promise<T>, signal: AbortSignal): Promise<T>;
}

export function limitTasks(limit: number): TaskLimit {
  let running = 0;
  const waiting = new Set<() => void>();
  const turn = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const go = (): void => {
        waiting.delete(go);
        signal.removeEventListener('abort', give);
        running += 1;
        resolve();
      };
      const give = (): void => {
        waiting.delete(go);
        reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
      };
      if (signal.aborted) return give();
      if (running < limit) return go();
      waiting.add(go);
      signal.addEventListener('abort', give, { once: true });
    });
  return {
    async run(task, signal) {
      await turn(signal);
      try {
        return await task();
      } finally {
        running -= 1;
        const [next] = waiting;
        next?.();
      }
    },
  };
}
