import { alignColumns } from '../columns.ts';
import type { Invocation } from '../command.ts';
import { mintDatabaseLogin } from '../database-login.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';

export async function run(invocation: Invocation): Promise<ExitCode> {
  const { terminal, format } = invocation;
  const login = await mintDatabaseLogin(invocation);
  if (format === 'json') {
    terminal.json(login);
    return EXIT.ok;
  }
  const { host, port, target, user, password, expiresAt, tls } = login;
  const rows = { host, port: String(port), database: target, user, password, until: expiresAt };
  for (const line of alignColumns(Object.entries(rows))) terminal.line(line);
  terminal.note(`it opens ${target} as you, and nothing else; connect with sslmode=${tls ? 'verify-full' : 'disable'}`);
  return EXIT.ok;
}
