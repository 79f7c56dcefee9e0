import type { AccessPriv, GrantStmt, Node } from 'libpg-query';
import { detail } from '../effect.ts';
import { bodyOf, partsOf } from '../tree.ts';
import type { Resolver } from '../resolve/resolver.ts';
import { nameOf } from '../catalog/catalog.ts';
import type { StatementHandlers } from './handler.ts';

/** Statements about who may do what, as the server itself keeps it. */
export const PRIVILEGES: StatementHandlers = {
  GrantStmt: (resolver, statement) => grant(resolver, statement),
  GrantRoleStmt: ({ findings }, { is_grant, granted_roles = [] }) => {
    const verb = is_grant ? 'grant' : 'revoke';
    findings.effect(`priv:${verb}`);
    findings.effect(`priv:${verb}-role`);
    for (const node of granted_roles) findings.effect(`priv:${verb}-role:${detail(roleNamed(bodyOf(node, 'AccessPriv')))}`);
  },
  AlterDefaultPrivilegesStmt: ({ findings }) => findings.effect('priv:default-privileges'),
  CreateRoleStmt: ({ findings }, { role = '' }) => named(findings, 'create-role', role),
  AlterRoleStmt: ({ findings }, { role }) => named(findings, 'alter-role', role?.rolename ?? ''),
  AlterRoleSetStmt: ({ findings }) => findings.effect('priv:alter-role:set'),
  DropRoleStmt: ({ findings }, { roles = [] }) => {
    for (const node of roles) named(findings, 'drop-role', bodyOf(node, 'RoleSpec')?.rolename ?? '');
  },
  DropOwnedStmt: ({ findings }) => {
    findings.effect('ddl:drop:owned');
    findings.effect('priv:drop-owned');
    findings.changes.push({ kind: 'schema' });
  },
  ReassignOwnedStmt: ({ findings }) => {
    findings.effect('priv:reassign-owned');
    findings.effect('ddl:alter:owner');
  },
  SecLabelStmt: ({ findings }) => {
    findings.effect('priv:security-label');
    findings.effect('ddl:security-label');
  },
};

function named(findings: Resolver['findings'], verb: string, name: string): void {
  findings.effect(`priv:${verb}`);
  findings.effect(`priv:${verb}:${detail(name)}`);
}

const roleNamed = (role: AccessPriv | undefined): string => role?.priv_name ?? '';

function grant(resolver: Resolver, { is_grant, objects = [], targtype }: GrantStmt): void {
  const verb = is_grant ? 'grant' : 'revoke';
  resolver.findings.effect(`priv:${verb}`);
  for (const node of objects) for (const name of objectNames(resolver, node)) resolver.findings.effect(`priv:${verb}:${detail(name)}`);
  if (targtype === 'ACL_TARGET_ALL_IN_SCHEMA') resolver.findings.effect(`priv:${verb}:*`);
}

function objectNames(resolver: Resolver, node: Node): readonly string[] {
  const reference = bodyOf(node, 'RangeVar');
  if (reference) {
    const relation = resolver.relation(reference);
    return relation ? [nameOf(relation)] : [];
  }
  const parts = partsOf(bodyOf(node, 'ObjectWithArgs')?.objname);
  const name = bodyOf(node, 'String')?.sval ?? parts.join('.');
  return name === '' ? [] : [name];
}
