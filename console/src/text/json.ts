import { LEXEME } from '../../../src/core/pretty-json.ts';

export type TokenKind = 'key' | 'string' | 'number' | 'word' | 'mark';

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
}

/** Laid-out JSON in coloured pieces; white space stays with the mark before it. */
export function jsonTokens(pretty: string): readonly Token[] {
  const tokens: Token[] = [];
  for (const [text] of pretty.matchAll(LEXEME)) tokens.push({ kind: kindOf(text), text });
  for (let i = 0; i < tokens.length; i += 1) {
    const token = tokens[i];
    if (token?.kind === 'string' && tokens[i + 1]?.text === ':') tokens[i] = { kind: 'key', text: token.text };
  }
  return tokens;
}

function kindOf(text: string): TokenKind {
  if (text.startsWith('"')) return 'string';
  if (/^-?\d/.test(text)) return 'number';
  if (/^(?:true|false|null)$/.test(text)) return 'word';
  return 'mark';
}
