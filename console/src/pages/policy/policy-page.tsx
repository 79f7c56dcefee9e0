import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { readPolicy, type PolicyView } from '../../api/policy.ts';
import { useApi } from '../../app/api-context.ts';
import { Copy } from '../../components/copy.tsx';
import { OwnersOnly } from '../../components/owners-only.tsx';
import { Loaded, Page } from '../../components/page.tsx';
import { Explain } from './explain.tsx';
import css from './policy-page.module.css';
import { TargetPolicy } from './target-policy.tsx';

/** A policy that was put into force elsewhere shows within this time. */
const REFRESH_MS = 10_000;

/** The rules in force, and how a command would be decided by them. They are changed in their files, never here. */
export function PolicyPage(): ReactNode {
  return (
    <Page title="Policy" lead="The rules in force for targets that you own. Deny beats review, review beats allow, and what no rule names is denied.">
      <OwnersOnly>{() => <PolicyInForce />}</OwnersOnly>
    </Page>
  );
}

function PolicyInForce(): ReactNode {
  const api = useApi();
  const policy = useQuery({ queryKey: ['policy'], queryFn: ({ signal }) => readPolicy(api, signal), refetchInterval: REFRESH_MS });
  return <Loaded from={policy}>{(data) => <Rules policy={data} />}</Loaded>;
}

function Rules({ policy: { policyVersion, targets } }: { readonly policy: PolicyView }): ReactNode {
  return (
    <>
      <p className={css.version}>
        Version <code title={policyVersion}>{policyVersion.slice(0, 16)}</code> <Copy value={policyVersion} what="the whole version" />
      </p>
      <Explain targets={targets} />
      {targets.map((target) => (
        <TargetPolicy key={target.target} target={target} />
      ))}
    </>
  );
}
