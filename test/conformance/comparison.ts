import { startGatewayProcess, type GatewayProcess } from '../support/gateway.ts';
import { compareChecks, type Difference } from './compare.ts';
import { startForwarder } from './forwarder.ts';
import { startConformanceServer } from './server.ts';
import { runSuite, SUITES, type Suite, type SuiteRun } from './suite.ts';

export interface Comparison {
  readonly suite: Suite;
  readonly direct: SuiteRun;
  readonly gateway: SuiteRun;
  readonly differences: readonly Difference[];
}

const SUBJECT = { sub: 'conformance', name: 'conformance', groups: ['conformance'] };

/** What `*` does not name: requests that a server makes of its client, and methods that the suites try. */
const NAMED = [
  'sampling/createMessage',
  'elicitation/create',
  'roots/list',
  'unknown/method',
  'tasks/get',
  'tasks/update',
  'tasks/cancel',
  'tasks/result',
  'tasks/list',
];

export function conformanceResources(address: string): object[] {
  return [
    { kind: 'Target', name: 'conformance', protocol: 'mcp', address, extraArguments: 'allow', leadingDash: 'allow' },
    {
      kind: 'Policy',
      name: 'conformance',
      targets: ['conformance'],
      rules: [{ name: 'the-suite-may-do-everything', subjects: ['group:conformance'], allow: ['*', ...NAMED] }],
    },
  ];
}

/** Runs every suite directly and through a gateway, one after the other; `onResult` hears of each pair at once. */
export async function compareThroughGateway(onResult: (comparison: Comparison) => void = () => {}): Promise<Comparison[]> {
  const fixture = await startConformanceServer();
  try {
    const gateway = await startGatewayProcess({ resources: conformanceResources(fixture.url) });
    try {
      return await compareSuites(fixture.url, gateway, onResult);
    } finally {
      await gateway.stop();
    }
  } finally {
    await fixture.close();
  }
}

async function compareSuites(direct: string, gateway: GatewayProcess, onResult: (comparison: Comparison) => void): Promise<Comparison[]> {
  const forwarder = await startForwarder(gateway.endpoint('conformance'), await gateway.token(SUBJECT, 'conformance'));
  const comparisons: Comparison[] = [];
  try {
    for (const suite of SUITES) comparisons.push(await compareSuite(suite, direct, forwarder.url));
  } finally {
    await forwarder.close();
  }
  comparisons.forEach(onResult);
  return comparisons;
}

export async function compareSuite(suite: Suite, direct: string, through: string): Promise<Comparison> {
  const left = await runSuite(suite, direct);
  const right = await runSuite(suite, through);
  return { suite, direct: left, gateway: right, differences: compareChecks(left.checks, right.checks) };
}
