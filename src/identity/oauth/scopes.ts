/** What a token may be used for, below what the policy allows its subject: only what changes nothing, or everything. */
export const SCOPES = ['mcp:read', 'mcp:write'] as const;

export const ALL_SCOPES: string = SCOPES.join(' ');

/** The scopes of ours in a list. Many clients send none, or those of other servers; then it is all of ours. */
export function knownScopes(scope: string | undefined): string {
  const asked = new Set((scope ?? '').split(' '));
  const known = SCOPES.filter((one) => asked.has(one));
  return known.length > 0 ? known.join(' ') : ALL_SCOPES;
}

/** Whether a token with this scope may change something. A token without the claim is limited by the policy alone. */
export function mayWrite(scope: string | undefined): boolean {
  return scope === undefined || scope.split(' ').includes('mcp:write');
}
