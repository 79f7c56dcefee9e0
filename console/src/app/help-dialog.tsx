import { Kbd, Modal } from '@mantine/core';
import type { ReactNode } from 'react';
import css from './help-dialog.module.css';
import { PAGES } from './pages.ts';

const KEYS: readonly (readonly [keys: string, does: string])[] = [
  ['j k', 'next, previous row'],
  ['Enter', 'open it'],
  ['a', 'approve the request in view (asks first)'],
  ['d', 'deny it (asks first)'],
  ['/', 'filter this list'],
  ['e', 'in a replay: open or close every command'],
  ['p', 'in a replay: play or pause'],
  [', .', 'in a replay: the event before, the next event'],
  ...PAGES.map(({ key, label }) => [`g ${key}`, `go to ${label.toLowerCase()}`] as const),
  ['Esc', 'close, leave'],
  ['?', 'this help'],
];

export function HelpDialog({ opened, close }: { readonly opened: boolean; readonly close: () => void }): ReactNode {
  return (
    <Modal opened={opened} onClose={close} title="Keyboard" size="sm" closeButtonProps={{ 'aria-label': 'Close' }}>
      <dl className={css.keys}>
        {KEYS.map(([keys, does]) => (
          <div key={keys} className={css.row}>
            <dt>
              {keys.split(' ').map((key) => (
                <Kbd key={key} size="xs">
                  {key}
                </Kbd>
              ))}
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
    </Modal>
  );
}
