/**
 * An approval that really takes five minutes, with every real client and every time-out at its default. Run by
 * `npm run soak -- waits`; `npm test` has the same with holds that are shorter.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { DEFAULT_CLIENTS } from '../../src/protocols/mcp/clients.ts';
import { CLIENT_KINDS, readable, type ClientKind } from '../support/clients.ts';
import { bench, LEAD, startRelay } from '../support/relay/gateway.ts';
import { startScriptedServer, text, tool, type Turn } from '../support/relay/upstream.ts';
import { until } from '../support/until.ts';

const TAKES_MS = 300_000;
const AGAIN_MS = 60_000;
const RULES = [{ review: ['tools/call write'], approval: { from: ['group:leads'] } }, { allow: ['tools/*'] }];
const TOOLS = [tool('write', { key: {} })];
const MODERN = { resultType: 'complete', ttlMs: 0, cacheScope: 'private' };

/** One line for each client: how often its program called, and that the tool ran once. Throws where one did not. */
export async function waits(say: (line: string) => void): Promise<void> {
  const server = await startScriptedServer(TOOLS);
  const inEra = (turn: Turn, result: object): void => turn.result(turn.headers['mcp-method'] === undefined ? result : { ...MODERN, ...result });
  server.on('server/discover', (turn) =>
    inEra(turn, { supportedVersions: ['2026-07-28'], capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } }),
  );
  server.on('tools/list', (turn) => inEra(turn, { tools: TOOLS }));
  server.on('tools/call', (turn) => inEra(turn, text('ran')));
  const resources = bench(server.url, RULES);
  const held = await startRelay({ resources });
  const rounds = await startRelay({ resources, clients: { ...DEFAULT_CLIENTS, retrying: ['sallyport-test'] } });

  async function wait(kind: ClientKind, relay: typeof held, label: string): Promise<void> {
    const name = label.replaceAll(/\W/g, '');
    const client = await kind.connect(relay.endpoint(), await relay.token(name));
    await client.tools();
    let calls = 0;
    const call = async (): Promise<string> => {
      for (;;) {
        calls += 1;
        const told = readable(await client.call('write', { key: label }));
        if (!told.includes('APPROVAL_PENDING')) return told;
        await sleep(AGAIN_MS);
      }
    };
    const result = call();
    const mine = async (): Promise<string | undefined> =>
      (await relay.approvals.list({ status: 'pending', viewer: LEAD })).find(({ subject }) => subject.name === name)?.id;
    const id = await until('the approval', mine);
    await sleep(TAKES_MS);
    await relay.approvals.answer(id, LEAD, 'approve', '');
    const told = await result;
    await client.close();
    const runs = server.asked('tools/call').filter((turn) => JSON.stringify(turn.message.params.arguments) === JSON.stringify({ key: label })).length;
    if (!told.includes('"ran"') || runs !== 1) throw new Error(`${label}: ran ${runs} times, and heard ${told.slice(0, 300)}`);
    say(`${label}: called ${calls} times, ran once, heard the result`);
  }

  try {
    await Promise.all([
      ...CLIENT_KINDS.map((kind) => wait(kind, held, kind.name)),
      ...CLIENT_KINDS.filter(({ era }) => era === 'modern').map((kind) => wait(kind, rounds, `${kind.name}, in rounds`)),
    ]);
  } finally {
    await Promise.all([held.stop(), rounds.stop()]);
    await server.close();
  }
}
