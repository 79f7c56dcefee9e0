import { useEffect, useRef } from 'react';

/** Keys (`j`, `?`, and two in a row that begin with g: `g s`) and what they do. Return false to leave the key to the browser. */
export type Shortcuts = Readonly<Record<string, () => unknown>>;

const SEQUENCE_MS = 1200;

/** Listens while the component is there; silent while someone types or a dialog is open. */
export function useShortcuts(shortcuts: Shortcuts): void {
  const current = useRef(shortcuts);
  useEffect(() => {
    current.current = shortcuts;
  });
  useEffect(() => {
    let first = { key: '', at: 0 };
    const press = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || (event.repeat && !/^[jk]$/.test(event.key)) || isElsewhere(event)) return;
      // Someone else's `g a` must not be taken for an `a` here.
      const goes = first.key === 'g' && event.timeStamp - first.at < SEQUENCE_MS;
      first = { key: goes ? '' : event.key, at: event.timeStamp };
      const action = current.current[goes ? `g ${event.key}` : event.key];
      if (action && action() !== false) event.preventDefault();
    };
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, []);
}

function isElsewhere(event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey) return true;
  const { target } = event;
  if (target instanceof HTMLElement && (target.isContentEditable || /^(?:INPUT|TEXTAREA|SELECT)$/.test(target.tagName))) return true;
  return document.querySelector('[role="dialog"]') !== null;
}
