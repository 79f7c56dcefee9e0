import { SallyportError } from '../../core/error.ts';
import type { Invocation } from '../command.ts';

/** The walk-through as it is told: each part numbered, line by line, or as data at the end. */
export interface Story {
  part(title: string): void;
  say(line: string): void;
  end(): void;
}

interface Part {
  readonly title: string;
  readonly lines: string[];
}

export function tellStory({ terminal, format }: Pick<Invocation, 'terminal' | 'format'>): Story {
  const parts: Part[] = [];
  const print = (line: string): void => {
    if (format === 'text') terminal.line(line);
  };
  return {
    part(title) {
      parts.push({ title, lines: [] });
      print(`\n${parts.length}  ${title}`);
    },
    say(line) {
      parts.at(-1)?.lines.push(line);
      print(`   ${line}`.trimEnd());
    },
    end() {
      if (format === 'json') terminal.json({ parts });
    },
  };
}

/** A demo that goes another way than its story has failed, and says where. */
export function expect(holds: boolean, what: string): void {
  if (!holds) throw new SallyportError('forbidden', `the demo went another way: ${what}`, { hint: 'was its policy changed? a fresh data folder starts anew' });
}
