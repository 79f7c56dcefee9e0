import { z } from 'zod';
import type { Path } from './document.ts';

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
}

/** The keys that a schema takes in the mapping at a path: for a hint, so nothing where that cannot be told. */
export function knownKeys(schema: z.ZodType, path: Path): readonly string[] {
  // zod's own type for a schema is wider than the part that is read here.
  const root = z.toJSONSchema(schema, { io: 'input', reused: 'inline', unrepresentable: 'any' }) as Schema;
  const found = path.reduce<readonly Schema[]>((schemas, part) => schemas.flatMap((one) => step(one, part)), branches(root));
  return [...new Set(found.flatMap(({ properties }) => Object.keys(properties ?? {})))];
}

function step({ properties, additionalProperties, items }: Schema, part: PropertyKey): readonly Schema[] {
  const other = typeof additionalProperties === 'object' ? additionalProperties : undefined;
  const next = typeof part === 'number' ? items : (properties?.[String(part)] ?? other);
  return next ? branches(next) : [];
}

const branches = (schema: Schema): readonly Schema[] => (schema.anyOf ? schema.anyOf.flatMap(branches) : [schema]);
