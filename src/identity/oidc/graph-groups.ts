import { isJsonArray, member, parseJson } from '../../core/json.ts';
import type { ProviderFetch } from './guarded-fetch.ts';
import { refused } from './refused.ts';

/**
 * Ids of all groups of the person whose access token this is, from Microsoft Graph; up to 11,000 in one answer. Only the configured base is
 * asked, never the address that `_claim_sources` names. Source: learn.microsoft.com/graph/api/directoryobject-getmembergroups
 */
export async function graphGroups(base: string, accessToken: string, fetch: ProviderFetch): Promise<readonly string[]> {
  const reply = await fetch(`${base.replace(/\/$/, '')}/me/getMemberGroups`, {
    method: 'POST',
    headers: { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({ securityEnabledOnly: false }),
  });
  if (reply.status !== 200)
    throw refused(`Microsoft Graph answered with status ${reply.status} when it was asked for the groups`, {
      hint: 'grant the application GroupMember.Read.All',
    });
  const groups = member(parseJson(await reply.text(), { depth: 32 }), 'value');
  if (!isJsonArray(groups) || !groups.every((one) => typeof one === 'string')) throw refused('Microsoft Graph did not answer with a list of groups');
  return groups;
}
