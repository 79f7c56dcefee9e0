import { runBridge } from '../bridge/bridge.ts';
import { openEndpoint } from '../bridge/endpoint.ts';
import { createTargetTokens, type IssuedToken } from '../bridge/target-tokens.ts';
import type { Invocation } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { connectSignedIn } from '../gateway-client.ts';
import { token } from '../views.ts';

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
  const { url } = await connectSignedIn(invocation);
  const tokens = createTargetTokens(issue);
  // Said here where it can be read: a client shows little of what a server says.
  await tokens.current();
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  await runBridge({
    endpoint: openEndpoint(`${url}/mcp/${target}`, tokens),
    input: terminal.input(),
    output: async (line) => terminal.write(Buffer.from(`${line}\n`)),
    note: (text) => terminal.note(`sallyport: ${text}`),
    signal: stop.signal,
  });
  // An input that nobody closes would keep the process.
  process.stdin.destroy();
  return EXIT.ok;
}
