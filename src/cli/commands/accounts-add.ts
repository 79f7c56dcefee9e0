import { SallyportError } from '../../core/error.ts';
import type { SubjectKind } from '../../core/subject.ts';
import type { Invocation } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { withAccounts } from '../local-accounts.ts';

const KINDS: readonly SubjectKind[] = ['person', 'workload'];

export async function run(invocation: Invocation): Promise<ExitCode> {
  const { terminal, options, format, arguments: given } = invocation;
  const [name = ''] = given;
  const kind = KINDS.find((one) => one === (options['kind'] ?? 'person'));
  if (!kind) throw new SallyportError('usage', `--kind ${options['kind']} is no kind of account`, { hint: KINDS.join(' or ') });
  const groups = (options['groups'] ?? '')
    .split(',')
    .map((group) => group.trim())
    .filter((group) => group !== '');
  const { password } = await withAccounts(invocation, (accounts) => accounts.create({ name, kind, groups }));
  if (format === 'json') terminal.json({ name, kind, groups, password });
  else {
    terminal.line(`password of ${name}: ${password}`);
    terminal.line('it is shown this once; the gateway keeps only its hash');
  }
  return EXIT.ok;
}
