import { compileGlob, matchesGlob, type Glob } from '../core/glob.ts';

/** Finds the rules whose pattern names a text, without asking every pattern. */
export interface PatternIndex<T> {
  /** `literal`: only patterns whose first word has no `*`. */
  find(text: string, naming: 'any' | 'literal'): readonly T[];
}

interface Entry<T> {
  readonly glob: Glob;
  readonly literal: boolean;
  readonly order: number;
  readonly rule: T;
}

/** A trie over what patterns begin with: a text meets only patterns that begin as it does. */
interface Node<T> {
  readonly next: Map<number, Node<T>>;
  readonly entries: Entry<T>[];
}

export function makePatternIndex<T>(patterns: readonly { readonly pattern: string; readonly rule: T }[]): PatternIndex<T> {
  const root = makeNode<T>();
  patterns.forEach(({ pattern, rule }, order) => {
    const glob = compileGlob(pattern);
    const literal = !(pattern.split(' ')[0] ?? '').includes('*');
    nodeFor(root, glob.prefix).entries.push({ glob, literal, order, rule });
  });
  return { find: (text, naming) => find(root, text, naming) };
}

const makeNode = <T>(): Node<T> => ({ next: new Map(), entries: [] });

function nodeFor<T>(root: Node<T>, prefix: string): Node<T> {
  let node = root;
  for (let i = 0; i < prefix.length; i += 1) {
    const code = prefix.charCodeAt(i);
    const next = node.next.get(code) ?? makeNode<T>();
    node.next.set(code, next);
    node = next;
  }
  return node;
}

function find<T>(root: Node<T>, text: string, naming: 'any' | 'literal'): readonly T[] {
  const hits: Entry<T>[] = [];
  let node: Node<T> | undefined = root;
  for (let i = 0; node; i += 1) {
    for (const entry of node.entries) if ((entry.literal || naming === 'any') && matchesGlob(entry.glob, text)) hits.push(entry);
    node = i < text.length ? node.next.get(text.charCodeAt(i)) : undefined;
  }
  if (hits.length < 2) return hits.map((entry) => entry.rule);
  return [...new Set(hits.toSorted((a, b) => a.order - b.order).map((entry) => entry.rule))];
}
