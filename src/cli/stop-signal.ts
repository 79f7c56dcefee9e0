/** Resolves at the first signal to stop. A later one, such as npm's own beside the terminal's, changes nothing. */
export function stopSignal(): Promise<void> {
  return new Promise((stop) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop());
  });
}
