import type { JsonValue } from '../../core/json.ts';
import type { Target } from '../../core/target.ts';
import { containsPlaceholder } from '../../masking/placeholder.ts';
import { compileGlob, matchesGlob } from '../../core/glob.ts';

/**
 * Why a call may not go on that sends back what a mask wrote: the target would overwrite the data behind it. Tools that an
 * administrator calls read-only may have it; a server's own word for that does not count.
 */
export function writeBackProblem(target: Target, tool: string, args: JsonValue): string | undefined {
  if (target.placeholders === 'allow' || isReadOnlyTool(target, tool) || !containsPlaceholder(args)) return undefined;
  return 'the arguments hold the placeholder of a masked value ([redacted:...], [hash:...] or ****): writing it would destroy the data; leave that part out or give a real value';
}

/** By the word of an administrator. */
export function isReadOnlyTool({ readOnlyTools = [] }: Target, tool: string): boolean {
  return readOnlyTools.some((glob) => matchesGlob(compileGlob(glob), tool));
}
