/** A timer that is set further ahead than this runs at once. */
const LONGEST_MS = 2 ** 31 - 1;

/** Does `work` at a moment (epoch milliseconds), however far away that is. The result stops it. */
export function runAt(moment: number, work: () => void): () => void {
  let timer: NodeJS.Timeout;
  const wait = (): void => {
    const left = moment - Date.now();
    timer = left > LONGEST_MS ? setTimeout(wait, LONGEST_MS) : setTimeout(work, Math.max(0, left));
  };
  wait();
  return () => clearTimeout(timer);
}
