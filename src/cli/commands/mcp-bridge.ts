import { SallyportError } from '../../core/error.ts';
import { runBridge } from '../bridge/bridge.ts';
import { openEndpoint } from '../bridge/endpoint.ts';
import { createTargetTokens, type IssuedToken } from '../bridge/target-tokens.ts';
import type { Invocation } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { connectSignedIn, type GatewayClient } from '../gateway-client.ts';
import { targets, token } from '../views.ts';

/** Until the client closes the input. Standard output has messages of the protocol and nothing else. */
export async function run(invocation: Invocation): Promise<ExitCode> {
  const { terminal } = invocation;
  const [target = ''] = invocation.arguments;
  // Read again for every token: whoever signs in again while it runs is let through.
  const issue = async (): Promise<IssuedToken> => {
    const gateway = await connectSignedIn(invocation);
    const { token: text, expiresAt } = await gateway.post('/api/token', { target }, token);
    return { token: text, expiresAt: Date.parse(expiresAt) };
  };
  const gateway = await connectSignedIn(invocation);
  await refuseOtherProtocols(gateway, target);
  const tokens = createTargetTokens(issue);
  // Said here where it can be read: a client shows little of what a server says.
  await tokens.current();
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  await runBridge({
    endpoint: openEndpoint(`${gateway.url}/mcp/${target}`, tokens),
    input: terminal.input(),
    output: async (line) => terminal.write(Buffer.from(`${line}\n`)),
    note: (text) => terminal.note(`sallyport: ${text}`),
    signal: stop.signal,
  });
  // An input that nobody closes would keep the process.
  process.stdin.destroy();
  return EXIT.ok;
}

/** What is out of reach is told by whoever issues tokens. */
async function refuseOtherProtocols(gateway: GatewayClient, name: string): Promise<void> {
  const { targets: reachable } = await gateway.get('/api/targets', targets);
  const target = reachable.find((one) => one.name === name);
  if (target === undefined || target.protocol === 'mcp') return;
  throw new SallyportError('usage', `${name} is no MCP server: its protocol is ${target.protocol}`, { hint: `sallyport connect ${name}` });
}
