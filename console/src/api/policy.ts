import type { Risk } from './approvals.ts';
import type { ApiClient } from './client.ts';

export interface RuleView {
  readonly name: string;
  readonly subjects: readonly string[];
  readonly allow: readonly string[];
  readonly review: readonly string[];
  readonly deny: readonly string[];
  readonly when?: string;
  readonly message?: string;
  readonly limits?: object;
  readonly approval?: {
    readonly from?: readonly string[];
    readonly quorum: number;
    readonly pending: string;
    readonly usable: string;
    readonly reason: string;
  };
}

/** A mask as the policy writes it, or as a decision names it. */
export interface MaskView {
  readonly fields?: readonly string[];
  readonly columns?: readonly string[];
  readonly headers?: readonly string[];
  readonly detect?: readonly string[];
  readonly pattern?: { readonly name: string };
  readonly words?: { readonly name: string };
  readonly reveal?: readonly string[];
}

export interface TargetPolicyView {
  readonly target: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly owners: readonly string[];
  readonly policies: readonly {
    readonly name: string;
    readonly rules: readonly RuleView[];
    readonly masks: readonly (MaskView & { readonly with: string })[];
    readonly breakGlass?: { readonly by: readonly string[]; readonly review: readonly string[]; readonly longest: string };
  }[];
}

export interface PolicyView {
  readonly policyVersion: string;
  readonly targets: readonly TargetPolicyView[];
}

export interface ExplainAsk {
  readonly subject: string;
  readonly groups: readonly string[];
  readonly target: string;
  readonly command: string;
  readonly args: unknown;
}

export interface ExplainedDecision {
  readonly effect: 'allow' | 'deny' | 'review';
  readonly rule: string;
  readonly reason: string;
  readonly risk: Risk;
  readonly masks: readonly (MaskView & { readonly operator: string })[];
  readonly policyVersion: string;
}

export async function readPolicy(client: ApiClient, signal: AbortSignal): Promise<PolicyView> {
  return client.call('policy', { signal });
}

export async function explainCommand(client: ApiClient, ask: ExplainAsk): Promise<ExplainedDecision> {
  return client.call('policy/explain', { method: 'POST', body: ask });
}

/** What a mask hides, in the policy's own words. */
export function maskSubjects({ fields = [], columns = [], headers = [], detect = [], pattern, words }: MaskView): readonly string[] {
  return [...fields, ...columns, ...headers, ...detect, ...(pattern ? [pattern.name] : []), ...(words ? [words.name] : [])];
}
