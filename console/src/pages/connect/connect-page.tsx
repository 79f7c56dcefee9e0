import type { ReactNode } from 'react';
import { ConnectHelp } from '../../components/connect-help.tsx';
import css from './connect-page.module.css';

export function ConnectPage(): ReactNode {
  return (
    <div className={css.page}>
      <header>
        <h1>Connect a client</h1>
        <p>An MCP client needs nothing but another address: these are the targets that you may reach through this gateway.</p>
      </header>
      <ConnectHelp />
    </div>
  );
}
