import { nodeHash } from '../../src/audit/tree.ts';

export interface TreeHead {
  readonly size: number;
  /** Base64. */
  readonly root: string;
}

/** Whether the proof shows that the second tree begins with the first, as a stranger checks it. Source: RFC 9162, 2.1.4.2. */
export function isConsistent(first: TreeHead, second: TreeHead, proof: readonly Buffer[]): boolean {
  if (first.size === second.size) return first.root === second.root && proof.length === 0;
  const path = Number.isInteger(Math.log2(first.size)) ? [Buffer.from(first.root, 'base64'), ...proof] : [...proof];
  let [fn, sn] = [first.size - 1, second.size - 1];
  while (fn % 2 === 1) [fn, sn] = [fn >> 1, sn >> 1];
  const [start, ...rest] = path;
  if (!start) return false;
  let [fr, sr] = [start, start];
  for (const node of rest) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      [fr, sr] = [nodeHash(node, fr), nodeHash(node, sr)];
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [fn >> 1, sn >> 1];
    } else sr = nodeHash(sr, node);
    [fn, sn] = [fn >> 1, sn >> 1];
  }
  return sn === 0 && fr.toString('base64') === first.root && sr.toString('base64') === second.root;
}
