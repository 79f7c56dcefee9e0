import { ActionIcon, Kbd, useComputedColorScheme, useMantineColorScheme, VisuallyHidden } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState, type ReactNode } from 'react';
import { signOut } from '../api/identity.ts';
import { Line } from '../components/escaped.tsx';
import { useShortcuts } from '../components/use-shortcuts.ts';
import { useApi, useMe } from './api-context.ts';
import { HelpDialog } from './help-dialog.tsx';
import { Icon } from './icon.tsx';
import { Navigation } from './navigation.tsx';
import { PasskeysDialog } from './passkeys-dialog.tsx';
import css from './shell.module.css';
import { useLiveApprovals } from './use-live-approvals.ts';

/** The frame around every page: where one can go, who one is, whether the page is live. */
export function Shell({ children }: { readonly children: ReactNode }): ReactNode {
  const approvals = useLiveApprovals();
  const [help, setHelp] = useState(false);
  useShortcuts({ '?': () => setHelp(true) });
  useEffect(() => {
    document.title = approvals.waiting > 0 ? `(${approvals.waiting}) Sallyport` : 'Sallyport';
  }, [approvals.waiting]);

  return (
    <div className={css.shell}>
      <a className={css.skip} href="#main">
        Skip to the page
      </a>
      <header className={css.side}>
        <p className={css.brand}>
          <img src="/mark.svg" alt="" width="22" height="22" />
          Sallyport
        </p>
        <Navigation waiting={approvals.waiting} />
        <Foot live={approvals.live} openHelp={() => setHelp(true)} />
      </header>
      <main id="main" className={css.main} tabIndex={-1}>
        {children}
      </main>
      <VisuallyHidden aria-live="polite" data-testid="announcement">
        {approvals.announcement}
      </VisuallyHidden>
      <HelpDialog opened={help} close={() => setHelp(false)} />
    </div>
  );
}

function Foot({ live, openHelp }: { readonly live: boolean; readonly openHelp: () => void }): ReactNode {
  const { subject, local } = useMe();
  const [passkeys, setPasskeys] = useState(false);
  return (
    <div className={css.foot}>
      <p className={css.live} data-live={live} title={live ? 'changes appear at once' : 'the live stream is broken: asking every 5 seconds'}>
        <span className={css.dot} aria-hidden="true" />
        <span>{live ? 'Live' : 'Reconnecting'}</span>
      </p>
      <div className={css.tools}>
        <SchemeSwitch />
        <ActionIcon variant="subtle" color="gray" onClick={openHelp} aria-label="Keyboard shortcuts" title="Keyboard shortcuts">
          <Kbd size="xs">?</Kbd>
        </ActionIcon>
      </div>
      <div className={css.who}>
        <span className={css.name} title={subject.groups.join(', ')}>
          <Line text={subject.name} />
        </span>
        {local && (
          <button type="button" className={css.signOut} onClick={() => setPasskeys(true)}>
            Passkeys
          </button>
        )}
        <SignOut />
      </div>
      {passkeys && <PasskeysDialog close={() => setPasskeys(false)} />}
    </div>
  );
}

function SignOut(): ReactNode {
  const api = useApi();
  const queries = useQueryClient();
  const leave = useMutation({
    mutationFn: () => signOut(api),
    // The gate asks anew who is signed in: without an answer the page does not claim that it is signed out.
    onSettled: () => queries.resetQueries({ queryKey: ['me'] }),
  });
  return (
    <button type="button" className={css.signOut} onClick={() => leave.mutate()} disabled={leave.isPending}>
      Sign out
    </button>
  );
}

function SchemeSwitch(): ReactNode {
  const { setColorScheme } = useMantineColorScheme();
  const next = useComputedColorScheme('light') === 'dark' ? 'light' : 'dark';
  const label = next === 'dark' ? 'Dark colours' : 'Light colours';
  return (
    <ActionIcon variant="subtle" color="gray" onClick={() => setColorScheme(next)} aria-label={label} title={label}>
      <Icon name={next} />
    </ActionIcon>
  );
}
