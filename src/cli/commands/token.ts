import { SallyportError } from '../../core/error.ts';
import type { Invocation } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { connect, connectSignedIn, gatewayUrl, type GatewayClient } from '../gateway-client.ts';
import { targets, token } from '../views.ts';

export async function run(invocation: Invocation): Promise<ExitCode> {
  const { terminal, options, format } = invocation;
  if (options['target'] === undefined && options['name'] !== undefined)
    throw new SallyportError('usage', '--target NAME is missing', { hint: 'name the one that the token is for' });
  const gateway = await connectAs(invocation);
  const target = options['target'] ?? (await onlyTarget(gateway));
  const issued = await gateway.post('/api/token', { target }, token);
  if (format === 'json') terminal.json(issued);
  else terminal.line(issued.token);
  return EXIT.ok;
}

/** Where one target is all there is, nobody has to name it. */
async function onlyTarget(gateway: GatewayClient): Promise<string> {
  const [only, other] = (await gateway.get('/api/targets', targets)).targets;
  if (only && !other) return only.name;
  throw new SallyportError('usage', '--target NAME is missing', { hint: '`sallyport whoami` names the targets in reach' });
}

/** As whoever signed in, or by name and password for this one request: a workload keeps no sign-in. */
async function connectAs(invocation: Invocation): Promise<GatewayClient> {
  const { terminal, options, flags } = invocation;
  const name = options['name'];
  if (name === undefined && !flags.has('password-stdin')) {
    if (options['url'] !== undefined)
      throw new SallyportError('usage', '--url needs --name: a sign-in is for its own gateway only', { hint: 'sallyport login --url URL' });
    return connectSignedIn(invocation);
  }
  if (name === undefined || !flags.has('password-stdin'))
    throw new SallyportError('usage', '--name and --password-stdin go together', { hint: 'sallyport token --help' });
  if (name.includes(':')) throw new SallyportError('usage', 'a name with a colon cannot be sent by Basic authentication');
  const secret = Buffer.from(`${name}:${await terminal.readInput()}`).toString('base64');
  return connect(await gatewayUrl(invocation), `Basic ${secret}`);
}
