import { ActionIcon, VisuallyHidden } from '@mantine/core';
import { Link, useLocation, useNavigate } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import { useShortcuts, type Shortcuts } from '../components/use-shortcuts.ts';
import { useMe } from './api-context.ts';
import { Icon } from './icon.tsx';
import css from './navigation.module.css';
import { PAGES, pagesFor, type PageEntry } from './pages.ts';

/** The menu: beside the page, and behind a button where the screen is narrow. */
export function Navigation({ waiting }: { readonly waiting: number }): ReactNode {
  /** Where it was opened: it closes by going anywhere else. */
  const [openAt, setOpenAt] = useState<string>();
  const me = useMe();
  const { pathname } = useLocation();
  const open = openAt === pathname;
  useGoKeys();
  const shown = pagesFor(me);
  return (
    <>
      <p className={css.here}>{PAGES.find(({ to }) => pathname.startsWith(to))?.label}</p>
      <ActionIcon
        className={css.menu}
        variant="subtle"
        color="gray"
        aria-label="Menu"
        aria-expanded={open}
        aria-controls="pages"
        onClick={() => setOpenAt(open ? undefined : pathname)}
      >
        <Icon name="menu" />
        {waiting > 0 && <span className={css.dot} aria-hidden="true" />}
      </ActionIcon>
      <nav id="pages" className={css.pages} data-open={open} aria-label="Pages">
        <Group pages={shown.filter((page) => page.for === 'everybody')} waiting={waiting} />
        <Group title="Of targets that you own" pages={shown.filter((page) => page.for === 'owners')} waiting={0} />
      </nav>
    </>
  );
}

function Group({ title, pages, waiting }: { readonly title?: string; readonly pages: readonly PageEntry[]; readonly waiting: number }): ReactNode {
  if (pages.length === 0) return null;
  return (
    <>
      {title !== undefined && <p className={css.title}>{title}</p>}
      <ul>
        {pages.map(({ to, label, icon }) => (
          <li key={to}>
            <Link to={to} className={css.page} activeProps={{ 'aria-current': 'page' }}>
              <Icon name={icon} />
              {label}
              {to === '/approvals' && waiting > 0 && (
                <span className={css.count}>
                  {waiting}
                  <VisuallyHidden> waiting for you</VisuallyHidden>
                </span>
              )}
            </Link>
          </li>
        ))}
      </ul>
    </>
  );
}

function useGoKeys(): void {
  const navigate = useNavigate();
  const keys: Shortcuts = Object.fromEntries(PAGES.map(({ key, to }) => [`g ${key}`, () => void navigate({ to })]));
  useShortcuts(keys);
}
