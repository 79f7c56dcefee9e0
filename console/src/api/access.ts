import type { AccessGrant } from '../../../src/policy/access-grant.ts';
import type { ApiClient } from './client.ts';

export interface AccessEvidence {
  readonly target: string;
  readonly from: string;
  readonly grants: readonly AccessGrant[];
}

/** Access that somebody took in an emergency, and what came of looking at it. */
export interface EmergencyReview {
  readonly id: string;
  readonly status: 'open' | 'closed';
  readonly subject: { readonly name: string; readonly kind: string };
  readonly target: string;
  readonly command: string;
  readonly reason: string;
  readonly reviewers: readonly string[];
  readonly openedAt: string;
  readonly closedAt?: string;
  readonly closedBy?: string;
  readonly finding?: string;
}

export async function readAccess(client: ApiClient, target: string, since: string, signal: AbortSignal): Promise<AccessEvidence> {
  return client.call(`targets/${encodeURIComponent(target)}/access?${new URLSearchParams({ since })}`, { signal });
}

export async function listReviews(client: ApiClient, signal: AbortSignal): Promise<readonly EmergencyReview[]> {
  return (await client.call<{ readonly reviews: readonly EmergencyReview[] }>('reviews', { signal })).reviews;
}

export async function closeReview(client: ApiClient, id: string, finding: string): Promise<EmergencyReview> {
  return client.call(`reviews/${encodeURIComponent(id)}/close`, { method: 'POST', body: { finding } });
}

/** What to change in the policy, in words that fit its YAML. */
export function changeFor({ policy, rule, who, pattern, effect, commands, advice }: AccessGrant): string {
  const where = `in policy ${policy}, rule ${rule}`;
  if (advice === 'take-away') return `${where}: take ${who} from subjects, or ${pattern} from ${effect}`;
  return `${where}: write ${effect}: [${commands.join(', ')}] instead of ${pattern}`;
}
