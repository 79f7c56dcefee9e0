import { NativeSelect } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { readAccess, type AccessEvidence } from '../../api/access.ts';
import { useApi, useMe } from '../../app/api-context.ts';
import { Choices } from '../../components/choices.tsx';
import { Empty } from '../../components/empty.tsx';
import { Line } from '../../components/escaped.tsx';
import { Loaded, Page, Section } from '../../components/page.tsx';
import css from './access-page.module.css';
import { EmergencyReviews } from './emergency-reviews.tsx';
import { GrantTable } from './grant-table.tsx';

const SPANS = [
  { value: '7d', label: 'the last 7 days' },
  { value: '30d', label: 'the last 30 days' },
  { value: '90d', label: 'the last 90 days' },
  { value: '365d', label: 'the last year' },
] as const;

type Advice = 'all' | 'take-away' | 'narrow' | 'keep';

/** Recertification: who may do what, what the record says they used, and what could be taken away. */
export function AccessPage(): ReactNode {
  const { owns } = useMe();
  return (
    <Page title="Access reviews" lead="Who may do what, what of it was used, and what can be taken away; and access that was taken in an emergency.">
      <EmergencyReviews />
      {owns.length > 0 && <Evidence owns={owns} />}
    </Page>
  );
}

function Evidence({ owns }: { readonly owns: readonly string[] }): ReactNode {
  const api = useApi();
  const [target, setTarget] = useState(owns[0] ?? '');
  const [since, setSince] = useState('90d');
  const evidence = useQuery({ queryKey: ['access', target, since], queryFn: ({ signal }) => readAccess(api, target, since, signal), staleTime: 60_000 });
  return (
    <Section title="Rights and their use" note={<Line text={`on ${target}`} />}>
      <div className={css.bar}>
        {owns.length > 1 && <Choices label="Target" options={owns.map((name) => ({ value: name, text: name }))} chosen={target} choose={setTarget} />}
        <NativeSelect size="xs" aria-label="Used in" data={SPANS} value={since} onChange={(event) => setSince(event.currentTarget.value)} />
      </div>
      <Loaded from={evidence}>{(data) => <Grants evidence={data} />}</Loaded>
    </Section>
  );
}

function Grants({ evidence: { grants, target } }: { readonly evidence: AccessEvidence }): ReactNode {
  const [shown, setShown] = useState<Advice>('all');
  const count = (advice: Advice): number => (advice === 'all' ? grants.length : grants.filter((grant) => grant.advice === advice).length);
  const options = ADVICE.map(([value, text]) => ({ value, text: `${text} ${count(value)}` }));
  if (grants.length === 0) return <Empty title={`Nobody may do anything on ${target}`}>No rule allows or holds anything there.</Empty>;
  return (
    <>
      <Choices label="Advice" options={options} chosen={shown} choose={setShown} />
      <GrantTable grants={grants.filter(({ advice }) => shown === 'all' || advice === shown)} />
    </>
  );
}

const ADVICE: readonly (readonly [advice: Advice, text: string])[] = [
  ['all', 'All'],
  ['take-away', 'Not used'],
  ['narrow', 'Wider than used'],
  ['keep', 'Used'],
];
