import { createHash } from 'node:crypto';
import { visible } from './visible.ts';

/** A command as a notice shows it. Where it does not fit, beginning and end stand there and `shortened` says so. */
export interface ShownCommand {
  readonly text: string;
  readonly shortened?: string;
}

/** More than this of one space, and nobody sees that something follows. */
const LONG_BLANK = / {41,}/g;
/** Of what does not fit: more from the beginning, enough from the end that nothing hides there. */
const HEAD_SHARE = 0.7;

/** `limit` counts characters after escaping; what is hashed is the text as it is. */
export function showCommand(shown: string, limit: number): ShownCommand {
  const text = visible(shown).replace(LONG_BLANK, (blank) => `${' '.repeat(8)}\\u{20}{${blank.length}}${' '.repeat(8)}`);
  const blanks = text.includes('\\u{20}{') ? ['long blanks are written as \\u{20}{how many}'] : [];
  const characters = [...text];
  if (characters.length <= limit) return blanks.length === 0 ? { text } : { text, shortened: aboutWhole(shown, blanks) };
  const head = Math.floor(limit * HEAD_SHARE);
  const tail = limit - head;
  const left = characters.length - head - tail;
  const cut = `${characters.slice(0, head).join('')}\n[... ${left} characters are not shown here; the end follows ...]\n${characters.slice(-tail).join('')}`;
  return {
    text: cut,
    shortened: aboutWhole(shown, [...blanks, `${left} of ${characters.length} characters are not shown here: read all of it before you answer`]),
  };
}

function aboutWhole(shown: string, what: readonly string[]): string {
  const sha256 = createHash('sha256').update(shown).digest('hex');
  return `SHORTENED: ${what.join('; ')}. The whole has ${shown.length} characters, SHA-256 ${sha256}.`;
}
