import type { KeySource } from './key-source.ts';
import type { ClaimPatterns } from './claim-match.ts';

/** Whose tokens make a workload of that name; a part of the configuration. */
export interface WorkloadRule {
  /** What policy calls it: `workload:<name>`. */
  readonly name: string;
  /** The `iss` of its tokens; `spiffe://<trust domain>` for JWT-SVIDs, which need not have one. */
  readonly issuer: string;
  /** The `aud` that they must carry, and no other. */
  readonly audience: string;
  /** Absent: what the issuer publishes. */
  readonly keys?: KeySource;
  readonly match: ClaimPatterns;
  readonly groups: readonly string[];
  /** `once`: one exchange for each target. `until-expiry`: for tokens that their platform hands out again and again. */
  readonly reuse: 'once' | 'until-expiry';
}

export interface RuleProblem {
  readonly message: string;
  readonly fix: string;
}

/** Issuers that vouch for strangers, too: the claims that say whose a token is, and what of them must be written out. */
const SHARED: readonly { readonly issuer: string; readonly owner: string; readonly claims: Readonly<Record<string, RegExp>> }[] = [
  {
    issuer: 'https://token.actions.githubusercontent.com',
    owner: 'repository: OWNER/NAME',
    claims: {
      repository: /^[^*/]+\//,
      repository_owner: /^[^*]+$/,
      repository_id: /^[^*]+$/,
      repository_owner_id: /^[^*]+$/,
      enterprise: /^[^*]+$/,
      enterprise_id: /^[^*]+$/,
      sub: /^repo:[^*/:]+\//,
    },
  },
  {
    issuer: 'https://gitlab.com',
    owner: 'project_path: GROUP/NAME',
    claims: {
      project_path: /^[^*/]+\//,
      project_id: /^[^*]+$/,
      namespace_path: /^[^*/]+(?:\/|$)/,
      namespace_id: /^[^*]+$/,
      sub: /^project_path:[^*/:]+\//,
    },
  },
];

/** What a rule would let in that nobody meant to. */
export function ruleProblem(rule: WorkloadRule): RuleProblem | undefined {
  const restricting = Object.entries(rule.match).filter(([, patterns]) => patterns.length > 0 && patterns.every((pattern) => /[^*]/.test(pattern)));
  if (restricting.length === 0 || restricting.length < Object.keys(rule.match).length)
    return {
      message: `the workload ${rule.name} does not say which tokens of ${rule.issuer} are its own`,
      fix: 'write what each claim must be under match, such as repository: acme/models',
    };
  return spiffeProblem(rule) ?? sharedProblem(rule) ?? refProblem(rule);
}

function spiffeProblem({ name, issuer, keys, match }: WorkloadRule): RuleProblem | undefined {
  if (!issuer.startsWith('spiffe://')) return undefined;
  if (!keys) return { message: `the keys of ${issuer} are not named`, fix: 'write keys: { url: ... }, the bundle endpoint, or keys: { file: ... }' };
  if (match['sub']?.every((pattern) => pattern.startsWith(`${issuer}/`))) return undefined;
  return { message: `the workload ${name} does not say which SPIFFE ID it has`, fix: `write match: { sub: ${issuer}/... }` };
}

function sharedProblem({ name, issuer, match }: WorkloadRule): RuleProblem | undefined {
  const shared = SHARED.find((one) => one.issuer === issuer);
  if (!shared) return undefined;
  const owned = Object.entries(shared.claims).some(([claim, written]) => match[claim]?.every((pattern) => written.test(pattern)));
  return owned
    ? undefined
    : {
        message: `everybody gets tokens of ${issuer}, and the workload ${name} does not say whose are its own`,
        fix: `write match: { ${shared.owner} }, with the owner written out`,
      };
}

/** A ref that never matches, or that a tag of the same name also has. */
function refProblem({ issuer, match }: WorkloadRule): RuleProblem | undefined {
  const isGitHub = match['repository'] !== undefined || SHARED[0]?.issuer === issuer;
  const short = match['ref']?.find((pattern) => !/^(?:refs\/|\*)/.test(pattern));
  if (isGitHub && short !== undefined) return { message: `no ref of GitHub is called ${short}`, fix: `write refs/heads/${short}` };
  const isGitLab = match['project_path'] !== undefined || match['namespace_path'] !== undefined || SHARED[1]?.issuer === issuer;
  if (!isGitLab || match['ref'] === undefined || match['ref_type'] !== undefined || match['ref_path'] !== undefined) return undefined;
  return { message: 'ref names a branch or a tag', fix: 'write ref_path: refs/heads/NAME, or ref_type: branch beside it' };
}
