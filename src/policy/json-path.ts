const STEP = /(?:\.\.?(?:\*|[\p{L}\p{N}_$@-]+)|(?:\.\.)?\[\s*(?:\*|\d{1,9}|'(?:[^'\\]|\\.){0,256}'|"(?:[^"\\]|\\.){0,256}")\s*\])/uy;
const MAX_STEPS = 64;

/** Why a text is no path to a place in JSON: `$`, `.name`, `['name']`, `[0]`, `[*]`, `.*`, and `..` before any of them. */
export function pathProblem(path: string): { readonly message: string; readonly fix: string } | undefined {
  const fix = 'write for example $..api_key, $.customer.ssn or $.rows[*].card';
  if (!path.startsWith('$')) return { message: 'a path begins with $', fix };
  let at = 1;
  let steps = 0;
  for (; at < path.length && steps < MAX_STEPS; steps += 1) {
    STEP.lastIndex = at;
    if (!STEP.test(path)) break;
    at = STEP.lastIndex;
  }
  return at === path.length ? undefined : { message: `not a path at character ${at + 1}`, fix };
}
