import { analyse, type Analysis, type AnalyseOptions } from './analysis.ts';
import { isSystem, type Catalog } from './catalog/catalog.ts';
import type { Namespace } from './namespace.ts';
import { templateOf } from './template.ts';

/** Texts longer than this are seldom sent twice. */
const LONGEST_KEPT = 16 << 10;

/**
 * Analyses by text, for one catalog at a time: each text is parsed once as long as names mean the same,
 * and texts that differ only in numbers that mean nothing to it (`template.ts`) once for all of them.
 */
export class StatementCache {
  readonly #analyses = new Map<string, Analysis>();
  readonly #capacity: number;
  #catalog: Catalog | undefined;

  constructor(capacity = 2000) {
    this.#capacity = capacity;
  }

  analyse(text: string, options: AnalyseOptions): Analysis {
    const { catalog, namespace, parameters } = options;
    if (catalog !== this.#catalog) this.#analyses.clear();
    this.#catalog = catalog;
    const keyed = text.length <= LONGEST_KEPT && namespace.temporary.size === 0 && !options.parameterTypes?.some(isMade);
    if (!keyed) return analyse(text, options);
    const template = templateOf(text);
    const key = `${keyOf(namespace)}\0${template}`;
    const before = this.#analyses.get(key);
    if (before && !(before.dependsOnParameters && parameters)) return this.#used(key, before);
    const analysis = analyse(template, options);
    if (!analysis.dependsOnSession && !parameters) this.#keep(key, analysis);
    return analysis;
  }

  #used(key: string, analysis: Analysis): Analysis {
    this.#analyses.delete(key);
    this.#analyses.set(key, analysis);
    return analysis;
  }

  #keep(key: string, analysis: Analysis): void {
    this.#analyses.set(key, analysis);
    const [oldest] = this.#analyses.keys();
    if (this.#analyses.size > this.#capacity && oldest !== undefined) this.#analyses.delete(oldest);
  }
}

/** Types of the server itself run nothing that people wrote. */
const isMade = (type: number): boolean => !isSystem({ oid: type });

const keys = new WeakMap<readonly string[], string>();

function keyOf({ searchPath, lexing, user }: Namespace): string {
  if (!searchPath) return `${lexing}\0${user}`;
  const path = keys.get(searchPath) ?? JSON.stringify(searchPath);
  keys.set(searchPath, path);
  return `${lexing}\0${user}\0${path}`;
}
