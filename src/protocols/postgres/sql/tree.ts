import type { Node } from 'libpg-query';

type Wrapped<N> = N extends unknown ? keyof N : never;
export type Kind = Extract<Wrapped<Node>, string>;
export type BodyOf<K extends Kind> = Extract<Node, Record<K, unknown>>[K];

/** A node is one member named by its kind: `{ SelectStmt: {...} }`. */
export function kindOf(node: Node): Kind {
  // The grammar writes exactly one member.
  return (Object.keys(node)[0] ?? '') as Kind;
}

export function bodyOf<K extends Kind>(node: Node | undefined, kind: K): BodyOf<K> | undefined {
  if (node === undefined || !(kind in node)) return undefined;
  // `kind in node` says which of the union it is.
  return (node as unknown as Record<K, BodyOf<K>>)[kind];
}

/** The parts of a dotted name; `*` for a star. */
export function partsOf(nodes: readonly Node[] | undefined): readonly string[] {
  return (nodes ?? []).map((node) => bodyOf(node, 'String')?.sval ?? (bodyOf(node, 'A_Star') ? '*' : ''));
}

/** The text of a constant as the server would read it; undefined for anything else, `null` included. */
export function constantOf(node: Node | undefined): string | undefined {
  const constant = bodyOf(node, 'A_Const');
  if (constant?.sval) return constant.sval.sval ?? '';
  if (constant?.ival) return String(constant.ival.ival ?? 0);
  if (constant?.fval) return constant.fval.fval;
  if (constant?.boolval) return String(constant.boolval.boolval ?? false);
  return undefined;
}

/** Every node directly below, whatever it is called: nothing that the grammar may add later is overlooked. */
export function* childrenOf(part: unknown): Generator<Node> {
  if (Array.isArray(part)) {
    for (const item of part) yield* nodesIn(item);
    return;
  }
  if (typeof part !== 'object' || part === null) return;
  for (const member of Object.values(part)) yield* nodesIn(member);
}

function* nodesIn(part: unknown): Generator<Node> {
  if (typeof part !== 'object' || part === null) return;
  const [key, ...others] = Object.keys(part);
  // Kinds begin with a capital, members of a body never do.
  if (key !== undefined && others.length === 0 && /^[A-Z]/.test(key)) yield part as Node;
  else yield* childrenOf(part);
}
