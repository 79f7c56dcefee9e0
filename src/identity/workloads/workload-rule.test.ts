import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ruleProblem, type WorkloadRule } from './workload-rule.ts';

const GITHUB = 'https://token.actions.githubusercontent.com';
const rule = (match: WorkloadRule['match'], issuer = GITHUB, more: Partial<WorkloadRule> = {}): WorkloadRule => ({
  name: 'release',
  issuer,
  audience: 'https://gw.example',
  groups: [],
  reuse: 'once',
  match,
  ...more,
});

const spiffe = 'spiffe://prod.example';
const keys = { keys: { file: 'bundle.json' } };

for (const [says, sound, unsound, why] of [
  ['a rule without claims', rule({ repository: ['acme/models'] }), rule({}), /which tokens/],
  ['a rule whose patterns restrict nothing', rule({ repository: ['acme/*'] }), rule({ repository: ['*'] }), /which tokens/],
  ['one pattern of a claim that restricts nothing', rule({ repository: ['acme/a', 'acme/b'] }), rule({ repository: ['acme/a', '*'] }), /which tokens/],
  ['a claim without patterns', rule({ repository: ['acme/models'] }), rule({ repository: ['acme/models'], ref: [] }), /which tokens/],
  ['GitHub without an owner', rule({ repository_owner: ['acme'] }), rule({ ref: ['refs/heads/main'] }), /everybody gets tokens/],
  ['GitHub with an owner that others may begin like', rule({ repository: ['acme/*'] }), rule({ repository: ['acme*'] }), /everybody gets tokens/],
  ['GitHub with any owner of a name', rule({ sub: ['repo:acme/models:*'] }), rule({ repository: ['*/models'] }), /everybody gets tokens/],
  ['GitHub with one of several owners open', rule({ repository: ['acme/a', 'acme/b'] }), rule({ repository: ['acme/a', 'a*/b'] }), /everybody gets tokens/],
  [
    'a called workflow, which strangers may call, too',
    rule({ repository: ['acme/x'], job_workflow_ref: ['acme/ci/*'] }),
    rule({ job_workflow_ref: ['acme/ci/*'] }),
    /everybody/,
  ],
  ['a short ref of GitHub', rule({ repository: ['acme/x'], ref: ['refs/heads/main'] }), rule({ repository: ['acme/x'], ref: ['main'] }), /no ref of GitHub/],
  [
    'GitLab with a ref that a tag also has',
    rule({ project_path: ['acme/x'], ref_path: ['refs/heads/main'] }, 'https://gitlab.com'),
    rule({ project_path: ['acme/x'], ref: ['main'] }, 'https://gitlab.com'),
    /branch or a tag/,
  ],
  [
    'GitLab without a project',
    rule({ namespace_path: ['acme'] }, 'https://gitlab.com'),
    rule({ environment: ['production'] }, 'https://gitlab.com'),
    /everybody gets tokens/,
  ],
  [
    'a GitLab group that others may begin like',
    rule({ namespace_path: ['acme/*'] }, 'https://gitlab.com'),
    rule({ namespace_path: ['acme*'] }, 'https://gitlab.com'),
    /everybody/,
  ],
  ['SPIFFE without keys', rule({ sub: [`${spiffe}/a`] }, spiffe, keys), rule({ sub: [`${spiffe}/a`] }, spiffe), /keys of/],
  [
    'SPIFFE of another trust domain',
    rule({ sub: [`${spiffe}/a`] }, spiffe, keys),
    rule({ sub: ['spiffe://other.example/a'] }, spiffe, keys),
    /which SPIFFE ID/,
  ],
  ['a trust domain that others may begin like', rule({ sub: [`${spiffe}/*`] }, spiffe, keys), rule({ sub: [`${spiffe}*`] }, spiffe, keys), /which SPIFFE ID/],
] as const)
  test(`${says} is refused with the way out, one that says enough is not`, () => {
    assert.equal(ruleProblem(sound), undefined);
    const problem = ruleProblem(unsound);
    assert.match(problem?.message ?? '', why);
    assert.match(problem?.fix ?? '', /write /);
  });

test('an issuer of a company’s own needs any claim, and GitLab or Kubernetes anywhere is understood', () => {
  assert.equal(ruleProblem(rule({ environment: ['production'] }, 'https://ci.acme.example')), undefined);
  assert.equal(ruleProblem(rule({ 'kubernetes.io/namespace': ['ml'] }, 'https://kubernetes.default.svc')), undefined);
  assert.match(ruleProblem(rule({ project_path: ['acme/x'], ref: ['main'] }, 'https://gitlab.acme.example'))?.message ?? '', /branch or a tag/);
});
