import type { Catalog } from '../sql/catalog/catalog.ts';
import { typeName, type ImpliedPrivileges, type RelationPrivileges } from './implied.ts';
import { quoted, quotedName } from './quote.ts';

/** The statements that give a role what is implied, in an order in which they run. */
export function grantStatements(implied: ImpliedPrivileges, role: string, catalog: Catalog): readonly string[] {
  const to = `TO ${quoted(role)}`;
  const { relations, sequences, functions, makesIn, temporary } = implied;
  const schemas = new Set([...relations.map(({ relation }) => relation.schema), ...sequences.map(schemaOf), ...functions.map(schemaOf), ...makesIn]);
  return [
    `GRANT CONNECT${temporary ? ', TEMPORARY' : ''} ON DATABASE ${quoted(catalog.database)} ${to};`,
    ...[...schemas].toSorted().map((schema) => `GRANT USAGE${makesIn.includes(schema) ? ', CREATE' : ''} ON SCHEMA ${quoted(schema)} ${to};`),
    ...relations.map((each) => `GRANT ${privileges(each).join(', ')} ON TABLE ${quotedName(each.relation)} ${to};`),
    ...sequences.map((sequence) => `GRANT USAGE ON SEQUENCE ${quotedName(sequence)} ${to};`),
    ...functions.map((each) => {
      const types = each.parameters.map(({ type }) => typeName(type, catalog)).join(', ');
      return `GRANT EXECUTE ON ${each.kind.toUpperCase()} ${quotedName(each)}(${types}) ${to};`;
    }),
  ];
}

/** The whole as a script for people: what it gives, and in comments what it cannot. */
export function grantScript(implied: ImpliedPrivileges, role: string, catalog: Catalog): string {
  const beyond = implied.beyond.map(([effect, needs]) => `-- The policy lets ${effect} through, which takes ${needs}: not granted here.`);
  return [
    `-- What ${role} needs for everything that the policy lets through, held or not, in the database ${catalog.database}.`,
    '-- What PUBLIC may do it may do as well: functions and temporary tables, unless they were revoked from it.',
    `CREATE ROLE ${quoted(role)} LOGIN;`,
    ...grantStatements(implied, role, catalog),
    ...beyond,
  ].join('\n');
}

const schemaOf = ({ schema }: { readonly schema: string }): string => schema;

function privileges({ read, insert, update, delete: deletes, truncate }: RelationPrivileges): readonly string[] {
  return [
    ...ofColumns('SELECT', read),
    ...(insert ? ['INSERT'] : []),
    ...ofColumns('UPDATE', update),
    ...(deletes ? ['DELETE'] : []),
    ...(truncate ? ['TRUNCATE'] : []),
  ];
}

function ofColumns(privilege: string, columns: true | readonly string[]): readonly string[] {
  if (columns === true) return [privilege];
  return columns.length === 0 ? [] : [`${privilege} (${columns.map(quoted).join(', ')})`];
}
