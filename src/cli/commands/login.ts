import { isSallyportError, SallyportError } from '../../core/error.ts';
import { OWN_API, targetUrl } from '../../identity/audience.ts';
import { COMMAND_LINE } from '../../identity/oauth/command-line.ts';
import type { Invocation } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { connect, gatewayUrl, type GatewayClient } from '../gateway-client.ts';
import { signInByBrowser } from '../oauth/browser-sign-in.ts';
import { signInByDevice } from '../oauth/device-sign-in.ts';
import { hasBrowser, openBrowser } from '../oauth/open-browser.ts';
import { findServer, type AuthorizationServer } from '../oauth/server.ts';
import { writeSignIn } from '../sign-in-file.ts';
import { signedIn } from '../views.ts';

/** In a browser, where the gateway knows every way in; else with the name and password of a local account. */
export async function run(invocation: Invocation): Promise<ExitCode> {
  const { terminal, options, flags, format } = invocation;
  const gateway = connect(await gatewayUrl(invocation));
  const account = flags.has('account') || flags.has('password-stdin') || options['name'] !== undefined;
  if (account && flags.has('device'))
    throw new SallyportError('usage', '--device is for a sign-in without an account here', { hint: 'sallyport login --help' });
  const server = account ? undefined : await findServer(gateway.url);
  try {
    const { subject, token } = server ? await byOAuth(invocation, gateway, server) : await byPassword(invocation, gateway);
    const kept = await writeSignIn(terminal.env, { url: gateway.url, token });
    if (format === 'json') terminal.json({ url: gateway.url, subject, kept });
    else {
      terminal.line(`signed in to ${gateway.url} as ${subject.name}`);
      terminal.line(kept.kind === 'keyring' ? 'the sign-in is kept in the keyring' : `the sign-in is kept in ${kept.file}, for lack of a keyring`);
    }
    return EXIT.ok;
  } catch (error) {
    // A wrong password is a refusal: a script must not take it for "sign in first".
    if (!isSallyportError(error, 'unauthenticated')) throw error;
    throw new SallyportError('forbidden', error.message, { cause: error, ...(error.hint === undefined ? {} : { hint: error.hint }) });
  }
}

async function byPassword({ terminal, options, flags }: Invocation, gateway: GatewayClient) {
  const fromInput = flags.has('password-stdin');
  if (fromInput && options['name'] === undefined) throw new SallyportError('usage', '--password-stdin needs --name', { hint: 'sallyport login --help' });
  const name = options['name'] ?? (await terminal.ask('name: '));
  const password = fromInput ? await terminal.readInput() : await terminal.askSecret(`password of ${name}: `);
  return gateway.post('/api/sign-in', { name, password, client: 'cli' }, signedIn);
}

/** What the person let the command line have becomes a sign-in; of the rest nothing is kept. */
async function byOAuth(invocation: Invocation, gateway: GatewayClient, server: AuthorizationServer) {
  const { terminal } = invocation;
  const asked = { server, clientId: COMMAND_LINE, resource: targetUrl(gateway.url, OWN_API) };
  const inBrowser = !invocation.flags.has('device') && hasBrowser(terminal.env);
  const token = inBrowser
    ? await signInByBrowser({ ...asked, open: (url) => show(invocation, url) })
    : await signInByDevice({ ...asked, show: (where, code) => terminal.note(`open ${where} in a browser of any machine, and type ${code}`) });
  return connect(gateway.url, `Bearer ${token}`).post('/api/sign-in/exchange', {}, signedIn);
}

function show({ terminal }: Invocation, url: string): void {
  terminal.note(`sign in in the browser that opens now, or open this address on this machine: ${url}`);
  openBrowser(url, terminal.env);
}
