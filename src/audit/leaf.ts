import type { Event } from '../core/event.ts';
import type { Body } from '../core/recorder.ts';

/** A body as its leaf names it: where its ciphertext's hash is, and with which key it opens. Erasing the key changes no leaf. */
export interface SealedBody {
  readonly name: Body['name'];
  readonly contentType: string;
  /** Length of the plaintext. */
  readonly bytes: number;
  /** Id of the data key. */
  readonly key: string;
  /** SHA-256, hex, of what is stored: nonce, ciphertext, tag. */
  readonly sha256: string;
}

/** The stored record: an event at its place in one writer's log. A leaf of the tree is the RFC 8785 text of this. */
export interface Leaf extends Event {
  readonly writer: string;
  readonly index: number;
  readonly bodies?: readonly SealedBody[];
}

/**
 * RFC 8785 text of plain values, three times as fast as `canonicalJson` and equal to it byte for byte (tested): this runs twice
 * for every command. A member that is undefined is left out.
 */
export function leafText(leaf: Leaf): string {
  return write(leaf);
}

/** What JSON writes as it is: printable ASCII but the quote and the backslash. */
const PLAIN = /^[ !#-[\]-~]*$/;

function quote(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text);
}

function write(value: unknown): string {
  if (typeof value === 'string') return quote(value);
  if (Array.isArray(value)) return `[${value.map(write).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  let text = '{';
  for (const key of inOrder(Object.keys(value))) {
    const member = (value as Readonly<Record<string, unknown>>)[key];
    if (member !== undefined) text += `${text.length > 1 ? ',' : ''}${quote(key)}:${write(member)}`;
  }
  return `${text}}`;
}

/** Sorts in place by UTF-16 code unit, as RFC 8785 wants. A dozen keys, mostly in order: `sort` would copy them to begin with. */
function inOrder(keys: string[]): readonly string[] {
  for (let at = 1; at < keys.length; at += 1) {
    const key = keys[at] ?? '';
    let to = at;
    for (; to > 0 && (keys[to - 1] ?? '') > key; to -= 1) keys[to] = keys[to - 1] ?? '';
    keys[to] = key;
  }
  return keys;
}

/** Undefined where the bytes are not a leaf at all. */
export function readLeaf(bytes: Buffer): Leaf | undefined {
  try {
    // The bytes are our own (or a forger's: then the tree says so); what is relied on is checked here.
    const leaf = JSON.parse(bytes.toString()) as Partial<Leaf> | null;
    const whole = typeof leaf?.writer === 'string' && Number.isSafeInteger(leaf.index) && typeof leaf.id === 'string' && typeof leaf.kind === 'string';
    return whole && (leaf.bodies === undefined || Array.isArray(leaf.bodies)) ? (leaf as Leaf) : undefined;
  } catch {
    return undefined;
  }
}
