import { SallyportError } from '../core/error.ts';
import type { Invocation } from './command.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { connectSignedIn } from './gateway-client.ts';
import { tool as toolView, tools as toolsView, type ToolView } from './views.ts';

const pathOf = (target: string): string => `/api/targets/${encodeURIComponent(target)}/tools`;

/** The tools of the target that the first word names. */
export async function readTools(invocation: Invocation): Promise<{ readonly target: string; readonly tools: readonly ToolView[] }> {
  const gateway = await connectSignedIn(invocation);
  return gateway.get(pathOf(invocation.arguments[0] ?? ''), toolsView);
}

export async function readTool(invocation: Invocation): Promise<ToolView> {
  const name = invocation.arguments[1] ?? '';
  const { target, tools } = await readTools(invocation);
  const tool = tools.find((one) => one.name === name);
  if (tool) return tool;
  throw new SallyportError('not_found', `the target ${target} has no tool ${name}`, { hint: `sallyport tools list ${target} --all` });
}

/** An answer is to one definition, which its hash names: nobody accepts what was not shown. */
export async function answerTool(invocation: Invocation, answer: 'accept' | 'reject'): Promise<ExitCode> {
  const { terminal, format, options } = invocation;
  const [target = '', name = ''] = invocation.arguments;
  const { hash } = options;
  if (hash === undefined) throw new SallyportError('usage', '--hash is missing', { hint: `sallyport tools show ${target} ${name}` });
  const gateway = await connectSignedIn(invocation);
  const answered = await gateway.post(`${pathOf(target)}/${encodeURIComponent(name)}/${answer}`, { hash }, toolView);
  if (format === 'json') terminal.json(answered);
  else terminal.line(`${answered.name} is ${answered.status}`);
  return EXIT.ok;
}
