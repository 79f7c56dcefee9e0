import { isAlias, isMap, isNode, isPair, isScalar, LineCounter, parseAllDocuments, visit, type Document as YamlDocument, type Node } from 'yaml';
import type { Place, Problem } from './problem.ts';

export type Path = readonly PropertyKey[];

/** One YAML document as plain data that still knows where each part stands. */
export interface Document {
  readonly file: string;
  readonly value: unknown;
  /** The place of the part at `path`, or of its nearest ancestor that is there. */
  place(path: Path): Place;
  /** The place of the key `name` in the mapping at `path`. */
  keyPlace(path: Path, name: string): Place;
}

export const MAX_FILE_BYTES = 1 << 20;

/** Reads YAML 1.2 (JSON is YAML): several documents a text. Anchors, aliases and unknown tags are problems: one reading only. */
export function readDocuments(file: string, text: string): { readonly documents: readonly Document[]; readonly problems: readonly Problem[] } {
  const counter = new LineCounter();
  const parsed = parseAllDocuments(text, { lineCounter: counter, version: '1.2', schema: 'core', stringKeys: true, prettyErrors: false, logLevel: 'silent' });
  const place = (offset: number): Place => {
    const { line, col } = counter.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col) };
  };
  const found = Array.isArray(parsed) ? parsed : [];
  const problems = found.flatMap((document) => documentProblems(document, place));
  if (problems.length > 0) return { documents: [], problems };
  return { documents: found.map((document) => toDocument(file, document, place)).filter((document) => document.value !== null), problems };
}

type Placer = (offset: number) => Place;

function documentProblems(document: YamlDocument.Parsed, place: Placer): Problem[] {
  // One slip makes a reader stumble many times after it: the first is the one to mend.
  const stumbles = [...document.errors, ...document.warnings].toSorted((a, b) => a.pos[0] - b.pos[0]).slice(0, 1);
  const broken = stumbles.map((error) => ({
    ...place(error.pos[0]),
    message: `not readable as YAML: ${lowerFirst(error.message)}`,
    fix: 'correct the YAML here',
  }));
  return [...broken, ...sharedNodes(document, place), ...hiddenKeys(document, place)];
}

function sharedNodes(document: YamlDocument.Parsed, place: Placer): Problem[] {
  const problems: Problem[] = [];
  visit(document, {
    Node: (_key, node) => {
      if (!isAlias(node) && !(node as { readonly anchor?: string }).anchor) return undefined;
      problems.push({ ...place(node.range?.[0] ?? 0), message: 'anchors and aliases are not allowed', fix: 'write the value out in both places' });
      return problems.length < 20 ? undefined : visit.BREAK;
    },
  });
  return problems;
}

/** `__proto__` is no name of anything here, and some readers of objects drop it silently. */
function hiddenKeys(document: YamlDocument.Parsed, place: Placer): Problem[] {
  const problems: Problem[] = [];
  visit(document, {
    Pair: (_key, pair) => {
      if (!isScalar(pair.key) || pair.key.value !== '__proto__') return;
      problems.push({ ...place(pair.key.range?.[0] ?? 0), message: 'the key __proto__ is not allowed', fix: 'remove it' });
    },
  });
  return problems;
}

function toDocument(file: string, document: YamlDocument.Parsed, place: Placer): Document {
  const placeOf = (node: unknown): Place => place((isNode(node) && (node as Node).range?.[0]) || 0);
  return {
    file,
    value: document.toJS({ maxAliasCount: 0 }),
    place: (path) => placeOf(nearest(document, path)),
    keyPlace: (path, name) => placeOf(keyNode(document, path, name)),
  };
}

function nearest(document: YamlDocument.Parsed, path: Path): unknown {
  for (let length = path.length; length > 0; length -= 1) {
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node)) return node;
  }
  return document.contents;
}

function keyNode(document: YamlDocument.Parsed, path: Path, name: string): unknown {
  const map = path.length === 0 ? document.contents : document.getIn(path, true);
  const pair = isMap(map) ? map.items.find((item) => isPair(item) && String(item.key) === name) : undefined;
  return pair?.key ?? map;
}

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);
