import { checkProof, proveEvent } from '../../audit/prove.ts';
import { SallyportError } from '../../core/error.ts';
import type { Invocation } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { dataFolder, journalFolder, publicKey, readText } from '../record-files.ts';

export async function run(invocation: Invocation): Promise<ExitCode> {
  const { options, terminal, format } = invocation;
  const [event] = invocation.arguments;
  const { check } = options;
  if ((event === undefined) === (check === undefined))
    throw new SallyportError('usage', 'name an event to be proved, or a proof with --check FILE', { hint: 'sallyport audit prove --help' });
  const data = dataFolder(invocation);
  if (event !== undefined) {
    const proof = await proveEvent(await journalFolder(data), event);
    if (format === 'json') terminal.json({ event, proof });
    else await terminal.write(Buffer.from(printable(proof)));
    return EXIT.ok;
  }
  const { leaf, checkpoint } = checkProof(await readText(check ?? ''), await publicKey(invocation, data));
  if (format === 'json') terminal.json({ ok: true, checkpoint, leaf });
  else {
    terminal.line(`event ${leaf.index} of ${checkpoint.origin} is proved, by a checkpoint over ${checkpoint.size} events:`);
    for (const text of [leaf.id, leaf.time, leaf.kind, leaf.subject?.name, leaf.target, leaf.command?.name]) if (text !== undefined) terminal.line(`  ${text}`);
  }
  return EXIT.ok;
}

/** Its bytes count, so nothing is escaped: what would act on a terminal is no proof. */
function printable(proof: string): string {
  if (/[^\n -~\u2014]/u.test(proof))
    throw new SallyportError('verify_failed', 'the checkpoint of this event holds what no checkpoint does', { hint: 'run `sallyport audit verify`' });
  return proof;
}
