/** A gateway before the workbench, and a person who may use all of it: for tests of how clients get in by themselves. */
import { startGatewayProcess, type GatewayProcess } from './gateway.ts';
import { startWorkbench } from './workbench.ts';

export const SCIENTIST = { name: 'scientist', kind: 'person', groups: ['data-science'], password: 'a-scientist-of-this-test-only' } as const;

const POLICY = {
  kind: 'Policy',
  name: 'workbench',
  targets: ['workbench'],
  rules: [{ name: 'all', subjects: ['group:data-science'], allow: ['*'] }],
};

export interface OAuthBench {
  readonly gateway: GatewayProcess;
  /** Of the one target. */
  readonly endpoint: string;
  close(): Promise<void>;
}

export async function startOAuthBench(): Promise<OAuthBench> {
  const workbench = await startWorkbench();
  const target = { kind: 'Target', name: 'workbench', protocol: 'mcp', address: workbench.url };
  const gateway = await startGatewayProcess({ resources: [target, POLICY], accounts: [SCIENTIST] });
  return {
    gateway,
    endpoint: gateway.endpoint('workbench'),
    async close() {
      await gateway.stop();
      await workbench.close();
    },
  };
}
