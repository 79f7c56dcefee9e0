import { isSallyportError, SallyportError } from '../../core/error.ts';
import type { Invocation } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { connect, gatewayUrl } from '../gateway-client.ts';
import { writeSignIn } from '../sign-in-file.ts';
import { signedIn } from '../views.ts';

export async function run(invocation: Invocation): Promise<ExitCode> {
  const { terminal, options, flags, format } = invocation;
  const gateway = connect(await gatewayUrl(invocation));
  const fromInput = flags.has('password-stdin');
  if (fromInput && options['name'] === undefined) throw new SallyportError('usage', '--password-stdin needs --name', { hint: 'sallyport login --help' });
  const name = options['name'] ?? (await terminal.ask('name: '));
  const password = fromInput ? await terminal.readInput() : await terminal.askSecret(`password of ${name}: `);
  try {
    const { subject, token } = await gateway.post('/api/sign-in', { name, password, client: 'cli' }, signedIn);
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
