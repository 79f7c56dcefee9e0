import type { ReactNode } from 'react';
import { useMe } from '../app/api-context.ts';
import { Empty } from './empty.tsx';

/** A page about targets that one owns; who owns none is told so instead. */
export function OwnersOnly({ children }: { readonly children: (owns: readonly string[]) => ReactNode }): ReactNode {
  const { owns } = useMe();
  if (owns.length > 0) return children(owns);
  return (
    <Empty title="You own no target">
      This is for the owners of targets: whoever the target’s document names, such as <code>owners: [group:ml-platform]</code>. Ask whoever runs this gateway.
    </Empty>
  );
}
