/** Two gateways on one database before the workbench, and browsers that are signed in at both: for tests of what ends a stay in each of them. */
import assert from 'node:assert/strict';
import { startPair, type Pair, type PairOptions, type Replica } from './pair.ts';
import { startPostgres } from './postgres.ts';
import { callRaw, type RawReply } from './raw.ts';
import { until } from './until.ts';
import type { WebBrowser } from './web-browser.ts';
import { startWorkbench } from './workbench.ts';

/** Longer than any test: what ends sooner was ended. */
const FOREVER_MS = 600_000;

const RULES = [
  { name: 'staff', subjects: ['group:staff'], allow: ['tools/list', 'tools/call echo'] },
  { name: 'waiters', subjects: ['group:waiters'], allow: ['tools/call wait'] },
];

export interface Visit {
  readonly browser: WebBrowser;
  readonly csrf: string;
}

export interface BenchPair extends Pair {
  /** A token for the workbench, by the cookie of who is signed in. */
  token(visit: Visit, replica: Replica): Promise<string>;
  call(replica: Replica, token: string, tool: string, args: object): Promise<RawReply>;
  /** A call that is under way in that replica when this resolves. */
  startWaiting(replica: Replica, token: string): Promise<{ readonly ended: Promise<RawReply> }>;
}

export async function startBenchPair(config: NonNullable<PairOptions['config']>): Promise<BenchPair> {
  const postgres = await startPostgres();
  assert.ok(postgres, 'the PostgreSQL server is not installed: apt-get install postgresql');
  const workbench = await startWorkbench();
  const resources = [
    { kind: 'Target', name: 'bench', protocol: 'mcp', address: workbench.url, owners: ['group:owners'] },
    { kind: 'Policy', name: 'bench', targets: ['bench'], rules: RULES },
  ];
  const pair = await startPair({ database: postgres.url, accounts: [], resources, config });
  const call: BenchPair['call'] = ({ url }, token, tool, args) => callRaw(`${url}/mcp/bench`, token, tool, args);
  return {
    ...pair,
    call,
    async token({ browser, csrf }, { url }) {
      const headers = { 'content-type': 'application/json', 'x-csrf-token': csrf };
      const reply = await browser.send(`${url}/api/token`, { method: 'POST', headers, body: JSON.stringify({ target: 'bench' }) });
      return ((await reply.json()) as { token: string }).token; // the API's own shape
    },
    async startWaiting(replica, token) {
      const before = workbench.begun();
      const ended = call(replica, token, 'wait', { ms: FOREVER_MS });
      await until('the call to run', () => (workbench.begun() > before ? true : undefined));
      return { ended };
    },
    async stop() {
      await pair.stop();
      await workbench.close();
      await postgres.stop();
    },
  };
}

/** The cookie that one replica set is sent to the other as well, as if both had one address; and what changes something has to carry. */
export async function visitBoth(pair: Pair, browser: WebBrowser, { url }: Replica): Promise<{ readonly csrf: string; readonly groups: readonly string[] }> {
  for (const other of [pair.one, pair.two]) browser.setCookie(other.url, 'sallyport', browser.cookie(url, 'sallyport') ?? '');
  const me = (await (await browser.send(`${url}/api/me`)).json()) as { csrf: string; subject: { groups: string[] } }; // the API's own shape
  return { csrf: me.csrf, groups: me.subject.groups };
}
