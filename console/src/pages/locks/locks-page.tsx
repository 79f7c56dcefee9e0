import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import { listLocks, type LockView } from '../../api/locks.ts';
import { useApi } from '../../app/api-context.ts';
import { Empty } from '../../components/empty.tsx';
import { Line } from '../../components/escaped.tsx';
import { Loaded, Page } from '../../components/page.tsx';
import { Table, TableRow } from '../../components/table.tsx';
import { Tag } from '../../components/tag.tsx';
import { Ago } from '../../components/times.tsx';
import { LiftDialog } from './lift-dialog.tsx';
import { PlaceDialog } from './place-dialog.tsx';

/** A lock that somebody else placed shows within this time. */
const REFRESH_MS = 3_000;

/** Immediate stops: who and what may do nothing, why, and by whose word. `?kind=session&name=…` opens the form filled in. */
export function LocksPage(): ReactNode {
  const api = useApi();
  const locks = useQuery({ queryKey: ['locks'], queryFn: ({ signal }) => listLocks(api, signal), refetchInterval: REFRESH_MS });
  const asked = useSearch({ from: '/locks' });
  const [placing, setPlacing] = useState(asked.name !== undefined);
  const [lifting, setLifting] = useState<LockView>();
  return (
    <Page
      title="Locks"
      lead="A lock stops a subject, a target or a session at once, in every process: running commands are cut off, sessions end, approvals wait."
      actions={
        <Button color="red" onClick={() => setPlacing(true)}>
          Lock
        </Button>
      }
    >
      <Loaded from={locks}>{(all) => (all.length === 0 ? <NothingLocked /> : <LockTable locks={all} lift={setLifting} />)}</Loaded>
      {placing && <PlaceDialog begin={asked} close={() => setPlacing(false)} />}
      {lifting && <LiftDialog lock={lifting} close={() => setLifting(undefined)} />}
    </Page>
  );
}

const COLUMNS = [
  { title: 'Kind', width: '86px' },
  { title: 'Name', width: '28%' },
  'Why',
  { title: 'Since', width: '110px' },
  { title: 'By', width: '14%' },
  { title: '', width: '92px', align: 'end' },
] as const;

function LockTable({ locks, lift }: { readonly locks: readonly LockView[]; readonly lift: (lock: LockView) => void }): ReactNode {
  return (
    <Table label="Locks" columns={COLUMNS}>
      {locks.map((lock) => (
        <LockRow key={`${lock.kind} ${lock.name}`} lock={lock} lift={() => lift(lock)} />
      ))}
    </Table>
  );
}

function LockRow({ lock: { kind, name, reason, at, by }, lift }: { readonly lock: LockView; readonly lift: () => void }): ReactNode {
  const cells = [
    <Tag key="kind" tone="bad">
      {kind}
    </Tag>,
    <strong key="name">
      <Line text={name} />
    </strong>,
    reason === '' ? 'no reason given' : <Line key="why" text={reason} />,
    <Ago key="since" at={at} />,
    <Line key="by" text={by} />,
    <Button key="release" size="compact-sm" variant="default" aria-label={`Release ${kind} ${name}`} onClick={lift}>
      Release
    </Button>,
  ];
  return <TableRow columns={COLUMNS} cells={cells} />;
}

function NothingLocked(): ReactNode {
  return (
    <Empty title="Nothing is locked">
      When a laptop is stolen or an agent runs wild, choose “Lock”, or in a terminal: <code>sallyport lock subject person:NAME --reason "laptop stolen"</code>
    </Empty>
  );
}
