import type { DefElem, Node } from 'libpg-query';
import type { Resolver } from '../resolve/resolver.ts';
import type { Scope } from '../resolve/scope.ts';
import { bodyOf, constantOf, partsOf, type BodyOf, type Kind } from '../tree.ts';
import type { Field } from '../value.ts';

/** Notes what a statement does; gives the columns of its rows where it returns any. */
export type StatementHandler<K extends Kind> = (resolver: Resolver, body: BodyOf<K>, scope: Scope) => readonly Field[] | void;
export type StatementHandlers = { readonly [K in Kind]?: StatementHandler<K> };

/** An option of a statement, `(analyze off)`: its text; `true` where it is merely named. */
export function optionOf(options: readonly Node[] | undefined, name: string): string | undefined {
  const found = (options ?? []).flatMap((node) => bodyOf(node, 'DefElem') ?? []).filter((option) => option.defname?.toLowerCase() === name);
  const last = found.at(-1);
  return last && optionText(last);
}

export function optionText({ arg }: DefElem): string {
  if (!arg) return 'true';
  const plain = bodyOf(arg, 'String')?.sval ?? bodyOf(arg, 'Float')?.fval ?? constantOf(arg);
  if (plain !== undefined) return plain;
  const integer = bodyOf(arg, 'Integer');
  if (integer) return String(integer.ival ?? 0);
  const boolean = bodyOf(arg, 'Boolean');
  if (boolean) return String(boolean.boolval ?? false);
  const type = bodyOf(arg, 'TypeName');
  return type ? (partsOf(type.names).at(-1) ?? '') : '';
}

/** Anything that is not plainly a no counts as a yes. */
export const isOff = (text: string | undefined): boolean => text === undefined || /^(?:false|off|no|0)$/i.test(text);
