import { RE2JS } from 're2js';

/** What a detected value must score; the masking folder's own threshold. */
const NEEDED = 0.5;
const CONTEXT_ADDS = 0.4;
/** Instructions of a compiled pattern: time for one character grows with them. */
const MAX_PROGRAM = 1000;

export interface PatternProblem {
  readonly member: 'regex' | 'score';
  readonly message: string;
  readonly fix: string;
}

/** Why a mask's pattern is refused; undefined where it is fine. */
export function patternProblem(pattern: {
  readonly regex: string;
  readonly context?: readonly string[] | undefined;
  readonly score?: number | undefined;
}): PatternProblem | undefined {
  return regexProblem(pattern.regex) ?? scoreProblem(pattern.score, pattern.context !== undefined);
}

function regexProblem(regex: string): PatternProblem | undefined {
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(regex);
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^error parsing regexp: /, '') : '';
    return { member: 'regex', message: `no regular expression: ${reason}`, fix: 'write RE2 syntax: no look-around, no back-references' };
  }
  if (compiled.programSize() > MAX_PROGRAM) return { member: 'regex', message: 'the pattern is too big', fix: 'shorten it, or repeat less often' };
  if (compiled.matcher('').matches())
    return { member: 'regex', message: 'the pattern matches the empty text', fix: 'ask for at least one character: + instead of *' };
  return undefined;
}

function scoreProblem(score: number | undefined, hasContext: boolean): PatternProblem | undefined {
  if (score === undefined || score + (hasContext ? CONTEXT_ADDS : 0) >= NEEDED) return undefined;
  return { member: 'score', message: `what scores ${score} is never masked`, fix: hasContext ? 'at least 0.1' : 'at least 0.5, or add context' };
}
