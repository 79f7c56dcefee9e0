import { isSallyportError } from '../../core/error.ts';
import type { Invocation } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { connectSignedIn } from '../gateway-client.ts';
import { removeSignIn } from '../sign-in-file.ts';
import { nothing } from '../views.ts';

/** The file is removed whatever the gateway says; that the sign-in may live on there is told. */
export async function run(invocation: Invocation): Promise<ExitCode> {
  const { terminal, format } = invocation;
  try {
    const gateway = await connectSignedIn(invocation);
    await gateway.post('/api/sign-out', {}, nothing);
  } catch (error) {
    if (!isSallyportError(error, 'unauthenticated') && !isSallyportError(error, 'forbidden') && !isSallyportError(error, 'json_invalid')) throw error;
  } finally {
    await removeSignIn(terminal.env);
  }
  if (format === 'json') terminal.json({ signedIn: false });
  else terminal.line('signed out');
  return EXIT.ok;
}
