import type { MaskWords } from '../core/decision.ts';
import type { Detector, Finding } from './detector.ts';

/** A tree of letters; `ends` where a listed word is complete. */
interface Node {
  readonly next: Map<string, Node>;
  ends: boolean;
}

/** Words and phrases of a list, whole and in any case. At each beginning of a word the tree is walked once, never deeper than its longest word. */
export function wordsDetector({ name, list }: MaskWords): Detector {
  const tree = treeOf(list);
  const shortest = Math.min(...list.map((word) => word.length));
  return {
    name,
    description: `the policy's words ${name}`,
    kinds: [name],
    context: /(?!)/,
    mayFind: (features) => features.length >= shortest,
    find: ({ text }) => findWords(text, tree, name),
  };
}

function treeOf(list: readonly string[]): Node {
  const root: Node = { next: new Map(), ends: false };
  for (const word of list) {
    let node = root;
    for (const unit of unitsOf(word)) {
      const next = node.next.get(unit) ?? { next: new Map<string, Node>(), ends: false };
      node.next.set(unit, next);
      node = next;
    }
    node.ends = true;
  }
  return root;
}

function findWords(text: string, tree: Node, name: string): readonly Finding[] {
  const findings: Finding[] = [];
  for (let at = 0; at < text.length; at += 1) {
    if (!tree.next.has(fold(text.charAt(at))) || !isEdge(text, at)) continue;
    const end = longestAt(text, at, tree);
    if (end === undefined) continue;
    findings.push({ start: at, end, detector: name, kind: name, score: 1 });
    at = end - 1;
  }
  return findings;
}

function longestAt(text: string, start: number, tree: Node): number | undefined {
  let end: number | undefined;
  let node: Node | undefined = tree;
  for (let at = start; at < text.length; at += 1) {
    node = node.next.get(fold(text.charAt(at)));
    if (!node) break;
    if (node.ends && isEdge(text, at + 1)) end = at + 1;
  }
  return end;
}

const WORD = /[\p{L}\p{N}_]/u;
/** Scripts that put no space between words. */
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

/** Whether a word may begin or end between these two characters. */
function isEdge(text: string, at: number): boolean {
  const [before, after] = [text.charAt(at - 1), text.charAt(at)];
  return !(isWord(before) && isWord(after));
}

const isWord = (unit: string): boolean => WORD.test(unit) && !UNSPACED.test(unit);

const unitsOf = (word: string): readonly string[] => Array.from({ length: word.length }, (_, at) => fold(word.charAt(at)));

/** Code unit by code unit, so that offsets stay; any white space is one space. */
function fold(unit: string): string {
  if (/\s/.test(unit)) return ' ';
  const lower = unit.toLowerCase();
  return lower.length === 1 ? lower : unit;
}
