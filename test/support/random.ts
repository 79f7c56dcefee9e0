/** Numbers that repeat: what a test did with them can be done again with its seed. */
export type Random = (below: number) => number;

/** Numerical Recipes' linear congruential generator; its high bits are good enough to choose places. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
