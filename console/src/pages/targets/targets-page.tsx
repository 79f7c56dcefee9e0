import type { ReactNode } from 'react';
import { ConnectHelp } from '../../components/connect-help.tsx';
import { Page } from '../../components/page.tsx';

export function TargetsPage(): ReactNode {
  return (
    <Page title="Targets" lead="What you may reach through this gateway, and what to paste for your client.">
      <ConnectHelp />
    </Page>
  );
}
