import type { DoStmt } from 'libpg-query';
import { bodyOfFunction } from '../resolve/body.ts';
import type { Resolver } from '../resolve/resolver.ts';
import { bodyOf } from '../tree.ts';
import { optionText } from './handler.ts';

const VOID = 2278;

/** DO: a body without a name. What it holds is read as that of a function; that it runs is an effect of its own. */
export function runBlock(resolver: Resolver, { args = [] }: DoStmt): void {
  const options = args.flatMap((node) => bodyOf(node, 'DefElem') ?? []);
  const text = (name: string): string | undefined => options.filter(({ defname }) => defname === name).map(optionText)[0];
  resolver.findings.effect('exec:do');
  resolver.findings.effect('dynamic');
  const source = text('as');
  const language = text('language') ?? 'plpgsql';
  if (source === undefined || language !== 'plpgsql') return;
  const block = {
    oid: 0,
    schema: '',
    name: 'do',
    kind: 'function',
    volatility: 'volatile',
    returnsSet: false,
    parameters: [],
    defaults: 0,
    variadic: false,
    returns: VOID,
    language,
    source,
  } as const;
  bodyOfFunction(resolver, block, []);
}
