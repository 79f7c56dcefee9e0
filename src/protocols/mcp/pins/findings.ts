import type { Finding } from '../../../core/definitions.ts';
import { isJsonArray, isJsonObject, type JsonValue } from '../../../core/json.ts';
import { hiddenCharacters } from './hidden-characters.ts';
import { instructionIn } from './instruction-text.ts';

/** What the definition of a tool, or what a server says of itself, holds. `others` are the names of the server's other tools. */
export function findingsIn(definition: JsonValue, others: readonly string[] = []): readonly Finding[] {
  const found: Finding[] = [];
  let texts = 0;
  visit(definition, '', (text, path) => {
    texts += 1;
    if (found.length >= MAX_FINDINGS || texts > MAX_TEXTS) return;
    const hidden = hiddenCharacters(text);
    if (hidden.length > 0) found.push({ kind: 'hidden-characters', path, what: hidden.slice(0, 8).join(' ') });
    const instruction = instructionIn(text);
    if (instruction !== undefined) found.push({ kind: 'instruction-like-text', path, what: instruction });
    if (!path.endsWith('description') && !path.endsWith('title')) return;
    for (const name of others) if (mentions(text, name)) found.push({ kind: 'cross-tool-reference', path, what: name });
  });
  return found.slice(0, MAX_FINDINGS);
}

/** What keeps a tool from being pinned by itself: a mention of another tool is common, and only raises risk. */
export const isSuspicious = (findings: readonly Finding[]): boolean => findings.some(({ kind }) => kind !== 'cross-tool-reference');

const MAX_FINDINGS = 20;
const MAX_TEXTS = 5000;

/** Every text, keys included: a model reads those, too. */
function visit(value: JsonValue, path: string, see: (text: string, path: string) => void): void {
  if (typeof value === 'string') return see(value, path);
  if (isJsonArray(value)) return value.forEach((each, at) => visit(each, `${path}[${at}]`, see));
  if (!isJsonObject(value)) return;
  for (const [key, each] of Object.entries(value)) {
    const inner = path === '' ? key : `${path}.${key}`;
    see(key, `${inner} (key)`);
    visit(each, inner, see);
  }
}

/** A name that is an ordinary word (`add`, `search`) stands in many sentences that are not about the tool. */
function mentions(text: string, name: string): boolean {
  const isWord = /^[a-z]+$/i.test(name);
  const at = text.toLowerCase().indexOf(name.toLowerCase());
  if (at < 0 || name.length < 3) return false;
  const [before, after] = [text[at - 1] ?? ' ', text[at + name.length] ?? ' '];
  if (isWord) return /["'`]/.test(before) && /["'`]/.test(after);
  return !/[\w-]/.test(before) && !/[\w-]/.test(after);
}
