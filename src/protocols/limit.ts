/** So many at once, then one a second. */
export function createLimit(burst: number): () => boolean {
  let left = burst;
  let at = Date.now();
  return () => {
    const now = Date.now();
    left = Math.min(burst, left + (now - at) / 1000);
    at = now;
    if (left < 1) return false;
    left -= 1;
    return true;
  };
}
