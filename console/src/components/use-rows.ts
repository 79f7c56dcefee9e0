import { useRef, type RefObject } from 'react';
import { useShortcuts } from './use-shortcuts.ts';

/**
 * j and k move the focus among the elements marked `data-row` inside the returned element. The rows are links or
 * buttons, so Enter is the browser's own.
 */
export function useRows<T extends HTMLElement>(moved?: (id: string) => void): RefObject<T | null> {
  const list = useRef<T>(null);
  const move = (by: 1 | -1): void => {
    const rows = [...(list.current?.querySelectorAll<HTMLElement>('[data-row]') ?? [])];
    const at = rows.findIndex((row) => row === document.activeElement || row.parentElement?.contains(document.activeElement) === true);
    const from = at === -1 ? rows.findIndex((row) => row.hasAttribute('aria-current')) : at;
    const next = rows[from === -1 ? 0 : Math.min(rows.length - 1, Math.max(0, from + by))];
    next?.focus();
    next?.scrollIntoView({ block: 'nearest' });
    if (next?.dataset['row']) moved?.(next.dataset['row']);
  };
  useShortcuts({ j: () => move(1), k: () => move(-1) });
  return list;
}
