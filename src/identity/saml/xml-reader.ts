import { refused } from './refused.ts';
import type { XmlAttribute, XmlElement } from './xml-element.ts';

/** What a document may have. Everything is counted before it is kept. */
export interface XmlLimits {
  readonly length: number;
  readonly elements: number;
  readonly depth: number;
  /** Comments are left out of what a signature covers, so an answer has none; metadata often does. */
  readonly comments: 'refuse' | 'skip';
}

const MAX_ATTRIBUTES = 64;
const XML = 'http://www.w3.org/XML/1998/namespace';

/**
 * The part of XML 1.0 that every parser reads alike: elements, attributes, text, namespaces, the five named entities and
 * references to characters. DOCTYPE (and with it entities of its own), CDATA, processing instructions, names beyond ASCII, and attributes given
 * twice are refused: they are what makes two parsers see two documents. Throws `unauthenticated`.
 */
export function readXml(source: string, limits: XmlLimits): XmlElement {
  if (source.length > limits.length) throw refused('the document is too long');
  return new XmlReader(source.replaceAll(/\r\n?/g, '\n'), limits).document();
}

/** Beyond the characters that XML 1.0 allows. Lone surrogates are of them. */
// eslint-disable-next-line no-control-regex -- these are what it is about
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Cs}/u;
const DECLARATION = /<\?xml version="1\.0"(?: encoding="[Uu][Tt][Ff]-8")?(?: standalone="(?:yes|no)")? ?\?>/y;
const SPACE = /[ \t\n]*/y;
const NAME = /(?:([A-Za-z_][A-Za-z0-9_.-]*):)?([A-Za-z_][A-Za-z0-9_.-]*)/y;
const EQUALS = /[ \t\n]*=[ \t\n]*/y;
const VALUE = /"([^"<\n\t]*)"|'([^'<\n\t]*)'/y;
const TEXT = /[^<]+/y;
const COMMENT = /<!--(?:[^-]|-[^-])*-->/y;
const REFERENCE = /&(?:#(x[0-9a-fA-F]{1,6}|[0-9]{1,7})|(lt|gt|amp|quot|apos));|&/g;
const NAMED = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" } as const;

type Scope = ReadonlyMap<string, string>;
interface QualifiedName {
  readonly prefix: string;
  readonly local: string;
}

class XmlReader {
  readonly #text: string;
  readonly #limits: XmlLimits;
  #at = 0;
  #elements = 0;

  constructor(text: string, limits: XmlLimits) {
    this.#text = text;
    this.#limits = limits;
  }

  document(): XmlElement {
    if (FORBIDDEN.test(this.#text)) throw refused('the document has characters that XML does not allow');
    if (this.#text.startsWith('\ufeff')) this.#at = 1;
    this.#take(DECLARATION);
    this.#between();
    const root = this.#element(new Map([['xml', XML]]), 1);
    this.#between();
    if (this.#at !== this.#text.length) throw refused('there is something after the end of the document');
    return root;
  }

  #element(outer: Scope, depth: number): XmlElement {
    if (depth > this.#limits.depth) throw refused('the document is nested too deeply');
    this.#elements += 1;
    if (this.#elements > this.#limits.elements) throw refused('the document has too many elements');
    if (this.#text[this.#at] !== '<') throw refused('an element is expected');
    this.#at += 1;
    const name = this.#name();
    const { written, closed } = this.#startTag();
    const scope = scopeOf(written, outer);
    const attributes = resolveAttributes(written, scope);
    const namespace = resolve(name.prefix, scope);
    const { children, text } = closed ? { children: [], text: '' } : this.#content(name, scope, depth);
    return { namespace, local: name.local, attributes, children, text };
  }

  #name(): QualifiedName {
    const match = this.#take(NAME);
    if (!match) throw refused('what stands there is not XML, or XML that is not accepted (a DOCTYPE, a comment, CDATA, a processing instruction)');
    return { prefix: match[1] ?? '', local: match[2] ?? '' };
  }

  #startTag(): { readonly written: readonly WrittenAttribute[]; readonly closed: boolean } {
    const written: WrittenAttribute[] = [];
    for (;;) {
      const space = this.#take(SPACE)?.[0] ?? '';
      if (this.#skip('/>')) return { written, closed: true };
      if (this.#skip('>')) return { written, closed: false };
      if (space === '') throw refused('a start tag is malformed');
      if (written.length >= MAX_ATTRIBUTES) throw refused('an element has too many attributes');
      written.push(this.#attribute());
    }
  }

  #attribute(): WrittenAttribute {
    const name = this.#name();
    const value = this.#take(EQUALS) && this.#take(VALUE);
    if (!value) throw refused('an attribute is malformed');
    return { ...name, value: decode(value[1] ?? value[2] ?? '') };
  }

  #content(name: QualifiedName, scope: Scope, depth: number): { readonly children: readonly XmlElement[]; readonly text: string } {
    const children: XmlElement[] = [];
    let text = '';
    for (;;) {
      const run = this.#take(TEXT)?.[0] ?? '';
      if (run.includes(']]>')) throw refused('the text has the end of a CDATA section');
      text += decode(run);
      if (this.#skip('</')) {
        this.#endTag(name);
        return { children, text };
      }
      if (this.#comment()) continue;
      children.push(this.#element(scope, depth + 1));
    }
  }

  #endTag(name: QualifiedName): void {
    const end = this.#name();
    this.#take(SPACE);
    if (end.prefix !== name.prefix || end.local !== name.local || !this.#skip('>')) throw refused('an end tag does not fit its start tag');
  }

  /** Outside the root element. */
  #between(): void {
    do this.#take(SPACE);
    while (this.#comment());
  }

  #comment(): boolean {
    return this.#limits.comments === 'skip' && this.#take(COMMENT) !== undefined;
  }

  #skip(text: string): boolean {
    if (!this.#text.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  #take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (!match) return undefined;
    this.#at = pattern.lastIndex;
    return match;
  }
}

interface WrittenAttribute extends QualifiedName {
  readonly value: string;
}

const isDeclaration = ({ prefix, local }: QualifiedName): boolean => prefix === 'xmlns' || (prefix === '' && local === 'xmlns');

function scopeOf(written: readonly WrittenAttribute[], outer: Scope): Scope {
  const declared = written.filter(isDeclaration);
  if (declared.length === 0) return outer;
  const scope = new Map(outer);
  for (const { prefix, local, value } of declared) {
    if (prefix === 'xmlns' && (value === '' || /^xml/i.test(local))) throw refused('a namespace declaration is not allowed');
    scope.set(prefix === 'xmlns' ? local : '', value);
  }
  if (new Set(declared.map(({ prefix, local }) => `${prefix}:${local}`)).size < declared.length) throw refused('a namespace is declared twice');
  return scope;
}

function resolveAttributes(written: readonly WrittenAttribute[], scope: Scope): readonly XmlAttribute[] {
  const attributes = written
    .filter((one) => !isDeclaration(one))
    .map(({ prefix, local, value }) => ({ namespace: prefix === '' ? '' : resolve(prefix, scope), local, value }));
  if (new Set(attributes.map(({ namespace, local }) => `${namespace} ${local}`)).size < attributes.length) throw refused('an attribute is given twice');
  return attributes;
}

function resolve(prefix: string, scope: Scope): string {
  const namespace = scope.get(prefix);
  if (namespace === undefined && prefix !== '') throw refused('a prefix is not declared');
  return namespace ?? '';
}

function decode(text: string): string {
  if (!text.includes('&')) return text;
  return text.replaceAll(REFERENCE, (_, number: string | undefined, name: keyof typeof NAMED | undefined) => {
    if (name !== undefined) return NAMED[name];
    const code = number === undefined ? 0 : number.startsWith('x') ? Number.parseInt(number.slice(1), 16) : Number(number);
    const character = code <= 0x10_ffff ? String.fromCodePoint(code) : '\0';
    if (FORBIDDEN.test(character)) throw refused('the document refers to an entity or a character that is not accepted');
    return character;
  });
}
