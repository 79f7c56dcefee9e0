import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { isWindow, placeOfWindow, type WindowPlace, type WindowView } from '../../api/windows.ts';
import { useApi } from '../../app/api-context.ts';
import { Empty } from '../../components/empty.tsx';
import { Loaded, Page, Section } from '../../components/page.tsx';
import { useNow } from '../../components/use-now.ts';
import { approvalsQuery } from '../approvals/queries.ts';
import { AskDialog } from './ask-dialog.tsx';
import { WindowCard } from './window-card.tsx';
import css from './windows-page.module.css';

const SECTIONS: readonly (readonly [place: WindowPlace, title: string])[] = [
  ['open', 'Open now'],
  ['asked', 'Asked for'],
  ['ended', 'Ended'],
];

/** Just-in-time access: what is open, what was asked for, what is over. Kept true by the stream of approvals. */
export function WindowsPage(): ReactNode {
  const approvals = useQuery(approvalsQuery(useApi()));
  const [asking, setAsking] = useState(false);
  return (
    <Page
      title="Windows"
      lead="Access to every command of a kind for some time, instead of command by command. The time begins with the approval and has an end that nothing moves."
      actions={<Button onClick={() => setAsking(true)}>Ask for access</Button>}
    >
      <Loaded from={approvals}>{(all) => <Windows windows={all.filter(isWindow)} />}</Loaded>
      {asking && <AskDialog close={() => setAsking(false)} />}
    </Page>
  );
}

function Windows({ windows }: { readonly windows: readonly WindowView[] }): ReactNode {
  const now = useNow();
  if (windows.length === 0) {
    return (
      <Empty title="No window was ever asked for">
        Where a policy holds commands for approval, a window lets all of a kind through for a while: <code>tools/call update_*</code> for 30 minutes. Choose
        “Ask for access” to ask for one; requests that you may answer appear here and under Approvals by themselves.
      </Empty>
    );
  }
  return SECTIONS.map(([place, title]) => {
    const shown = windows.filter((window) => placeOfWindow(window, now) === place).toSorted((a, b) => inOrder(place, a, b));
    return (
      <Section key={place} title={title} note={shown.length}>
        {shown.length === 0 && <p className={css.none}>{NONE[place]}</p>}
        <ul className={css.list} aria-label={title}>
          {shown.map((window) => (
            <WindowCard key={window.id} window={window} place={place} />
          ))}
        </ul>
      </Section>
    );
  });
}

const NONE: Readonly<Record<WindowPlace, string>> = {
  open: 'Nobody has standing access now.',
  asked: 'Nothing waits for an answer.',
  ended: 'No window has ended yet.',
};

/** What ends soonest first; of what has ended, the newest. */
function inOrder(place: WindowPlace, a: WindowView, b: WindowView): number {
  return place === 'ended' ? Date.parse(b.createdAt) - Date.parse(a.createdAt) : Date.parse(a.expiresAt) - Date.parse(b.expiresAt);
}
