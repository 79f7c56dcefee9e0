import { z } from 'zod';
import { RISK_WEIGHTS } from './risk.ts';
import { policySchema, targetSchema } from './schema.ts';

interface Schema {
  readonly type?: string;
  readonly const?: string;
  readonly enum?: readonly string[];
  readonly default?: unknown;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly additionalProperties?: Schema | boolean;
}

/** JSON schema of a resource document, for editors. It says less than loading does: only what a schema can say. */
export function resourcesJsonSchema(): Readonly<Record<string, unknown>> {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Sallyport resources',
    anyOf: [withoutDialect(jsonSchemaOf(targetSchema)), withoutDialect(jsonSchemaOf(policySchema))],
  };
}

function jsonSchemaOf(schema: z.ZodType): Schema {
  // zod's own type for a schema is wider than the part that is read here.
  return z.toJSONSchema(schema, { io: 'input', reused: 'inline' }) as Schema;
}

const withoutDialect = (schema: Schema): Schema => Object.fromEntries(Object.entries(schema).filter(([key]) => key !== '$schema'));

/** The tables of the reference page: every key with its type, its default and what it means; risk factors with their points. */
export function referenceTables(): string {
  const target = jsonSchemaOf(targetSchema);
  const policy = jsonSchemaOf(policySchema);
  const properties = policy.properties ?? {};
  const ruleSchema = properties['rules']?.items ?? {};
  return [
    table('Target', target),
    table('Target: credential', target.properties?.['credential'] ?? {}),
    table('Target: limits', target.properties?.['limits'] ?? {}),
    table('Policy', policy),
    table('Policy: rules', ruleSchema),
    table('Policy: rules: approval', ruleSchema.properties?.['approval'] ?? {}),
    table('Policy: masks', properties['masks']?.items ?? {}),
    riskTable(),
  ].join('\n');
}

function table(title: string, schema: Schema): string {
  const required = new Set(schema.required ?? []);
  const rows = Object.entries(schema.properties ?? {}).map(
    ([key, part]) => `| \`${key}\` | ${typeOf(part)} | ${defaultOf(part, required.has(key))} | ${part.description ?? ''} |`,
  );
  return `### ${title}\n\n| key | value | default | meaning |\n| --- | --- | --- | --- |\n${rows.join('\n')}\n`;
}

function typeOf(part: Schema): string {
  if (part.const !== undefined) return `\`${part.const}\``;
  if (part.enum) return part.enum.map((value) => `\`${value}\``).join(' or ');
  if (part.anyOf) return part.anyOf.map(typeOf).join(' or ');
  if (part.type === 'array') return `list of ${typeOf(part.items ?? {})}`;
  if (part.type === 'object') return 'mapping';
  return part.type ?? 'value';
}

function defaultOf(part: Schema, required: boolean): string {
  if (required) return 'required';
  return part.default === undefined || typeof part.default === 'object' ? '' : `\`${JSON.stringify(part.default).replaceAll('"', '')}\``;
}

function riskTable(): string {
  const rows = Object.entries(RISK_WEIGHTS).map(([factor, points]) => `| \`${factor}\` | ${points} |`);
  return `### Risk factors\n\n| factor | points |\n| --- | --- |\n${rows.join('\n')}\n`;
}
