import { SallyportError } from '../core/error.ts';

/** Where something stands in a resource file; line and column count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** One thing that is wrong in a resource file, and what to write instead. */
export interface Problem extends Place {
  readonly message: string;
  readonly fix: string;
}

/** `resources_invalid` with every problem as data; the message lists them, one a line. */
export class ResourcesError extends SallyportError {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    const lines = problems.map(formatProblem);
    super('resources_invalid', `${count(problems.length)} in the resources\n${lines.join('\n')}`, { hint: problems[0]?.fix ?? '' });
    this.problems = problems;
  }
}

export function formatProblem(problem: Problem): string {
  const { file, line, column, message, fix } = problem;
  return `${file}:${line}:${column}: ${message} (${fix})`;
}

const count = (n: number): string => (n === 1 ? '1 problem' : `${n} problems`);
