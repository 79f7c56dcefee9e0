import { compileGlob, matchesGlob } from '../../core/glob.ts';
import { JsonNumber, member, type JsonObject, type JsonValue } from '../../core/json.ts';

/** What claims must be: for each claim, one of these values, or globs in which `*` stands for any characters. */
export type ClaimPatterns = Readonly<Record<string, readonly string[]>>;

/** The first claim that is not what it must be; undefined where all of them are. */
export type ClaimCheck = (claims: JsonObject) => string | undefined;

export function compileMatch(patterns: ClaimPatterns): ClaimCheck {
  const compiled = Object.entries(patterns).map(([claim, written]) => ({ claim, globs: written.map(compileGlob) }));
  return (claims) =>
    compiled.find(({ claim, globs }) => {
      const text = claimText(claims, claim);
      return text === undefined || !globs.some((glob) => matchesGlob(glob, text));
    })?.claim;
}

/** The claim of exactly that name, else a path into claims of claims: `kubernetes.io/serviceaccount/name`. A list matches nothing. */
export function claimText(claims: JsonObject, claim: string): string | undefined {
  const direct = member(claims, claim);
  if (direct !== undefined) return scalarText(direct);
  let found: JsonValue | undefined = claims;
  for (const step of claim.split('/')) found = member(found, step);
  return scalarText(found);
}

function scalarText(value: JsonValue | undefined): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return value instanceof JsonNumber ? value.text : undefined;
}
