import type { Node } from 'libpg-query';
import type { Relation } from './catalog/catalog.ts';
import type { Field } from './value.ts';

/** What names mean in one session, beside the catalog. Never changed: a statement that ran makes a new one. */
export interface Namespace {
  readonly user: string;
  /** Schemas in which unqualified names are looked up, in order, as the server resolved them; undefined where nobody knows. */
  readonly searchPath: readonly string[] | undefined;
  /** Whether the session reads texts as the grammar here does: `standard_conforming_strings` on, UTF-8. */
  readonly lexing: 'standard' | 'other';
  readonly temporary: ReadonlyMap<string, Relation>;
  /** Statements of `PREPARE` and of the protocol's Parse, by name. */
  readonly prepared: ReadonlyMap<string, Node>;
  /** Columns of what cursors and named portals return, by name. */
  readonly cursors: ReadonlyMap<string, readonly Field[]>;
}

/** What a statement does to the names of its session, once it ran. */
export type Change =
  | { readonly kind: 'search-path'; readonly path: readonly string[] | undefined; readonly until: 'session' | 'transaction' }
  | { readonly kind: 'lexing'; readonly lexing: Namespace['lexing'] }
  | { readonly kind: 'prepare'; readonly name: string; readonly statement: Node }
  | { readonly kind: 'deallocate'; readonly name: string | undefined }
  | { readonly kind: 'declare'; readonly name: string; readonly fields: readonly Field[] }
  | { readonly kind: 'close'; readonly name: string | undefined }
  | { readonly kind: 'temporary'; readonly relation: Relation; readonly until: 'session' | 'transaction' }
  | { readonly kind: 'temporary-dropped'; readonly name: string }
  /** Names changed in a way that is not followed: no unqualified name is known any more. */
  | { readonly kind: 'names-lost' }
  | { readonly kind: 'begin' | 'commit' | 'rollback' }
  /** Names of the database itself changed: the catalog has to be read again. */
  | { readonly kind: 'schema' };

export function openNamespace(user: string, searchPath: readonly string[] | undefined): Namespace {
  return { user, searchPath, lexing: 'standard', temporary: new Map(), prepared: new Map(), cursors: new Map() };
}

/** Prepared statements and cursors of one session: what they stand for is kept here as long as they are. */
export const MAX_NAMES = 5_000;

export const hasTooManyNames = ({ prepared, cursors }: Namespace): boolean => prepared.size + cursors.size >= MAX_NAMES;

/** The namespace after the statement, seen from the statements that follow it in the same text or session. */
export function afterChange(namespace: Namespace, change: Change): Namespace {
  switch (change.kind) {
    case 'search-path':
      return { ...namespace, searchPath: change.path };
    case 'lexing':
      return { ...namespace, lexing: change.lexing };
    case 'prepare':
      return { ...namespace, prepared: withEntry(namespace.prepared, change.name, change.statement) };
    case 'deallocate':
      return { ...namespace, prepared: withoutEntry(namespace.prepared, change.name) };
    case 'declare':
      return { ...namespace, cursors: withEntry(namespace.cursors, change.name, change.fields) };
    case 'close':
      return { ...namespace, cursors: withoutEntry(namespace.cursors, change.name) };
    case 'temporary':
      return { ...namespace, temporary: withEntry(namespace.temporary, change.relation.name, change.relation) };
    case 'temporary-dropped':
      return { ...namespace, temporary: withoutEntry(namespace.temporary, change.name) };
    case 'names-lost':
      return namesLost(namespace);
    case 'begin':
    case 'commit':
    case 'rollback':
    case 'schema':
      return namespace;
    default:
      return change satisfies never;
  }
}

/** What was temporary may be gone, and the name another relation's. */
export const namesLost = (namespace: Namespace): Namespace => ({ ...namespace, searchPath: undefined, temporary: new Map() });

function withEntry<T>(map: ReadonlyMap<string, T>, name: string, value: T): ReadonlyMap<string, T> {
  return new Map([...map, [name, value]]);
}

function withoutEntry<T>(map: ReadonlyMap<string, T>, name: string | undefined): ReadonlyMap<string, T> {
  return name === undefined ? new Map() : new Map([...map].filter(([key]) => key !== name));
}
