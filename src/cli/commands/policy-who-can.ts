import { SallyportError } from '../../core/error.ts';
import { RESOURCE_OPTIONS } from '../../gateway/policy.ts';
import { loadResources } from '../../policy/resources.ts';
import { compilePolicy } from '../../policy/snapshot.ts';
import { whoCan, type WhoCan } from '../../policy/who-can.ts';
import { suppose } from '../../protocols/registry.ts';
import { alignColumns } from '../columns.ts';
import type { Invocation } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { requireTarget } from '../require-target.ts';
import { resourcePath } from '../resource-path.ts';

export async function run(invocation: Invocation): Promise<ExitCode> {
  const { terminal, format } = invocation;
  const { command: name, target: targetName } = readQuestion(invocation);
  const snapshot = compilePolicy(await loadResources(await resourcePath(invocation), RESOURCE_OPTIONS));
  const target = requireTarget(snapshot, targetName);
  const command = suppose({ protocol: target.target.protocol, name, args: {} });
  const who = whoCan(target, command);
  if (format === 'json') terminal.json({ target: targetName, command: name, policyVersion: snapshot.version, who });
  else if (who.length === 0) terminal.line(`nobody: no rule allows ${name} on ${targetName}`);
  else for (const line of alignColumns(who.map(row))) terminal.line(line);
  return EXIT.ok;
}

/** `COMMAND on TARGET`, or `COMMAND --target TARGET`. */
function readQuestion({ arguments: words, options }: Invocation): { readonly command: string; readonly target: string } {
  const [command = '', on, named] = words;
  const target = options['target'] ?? named;
  const oneTarget = options['target'] === undefined || on === undefined;
  if (target === undefined || !oneTarget || (on !== undefined && on !== 'on')) {
    throw new SallyportError('usage', 'write COMMAND on TARGET', { hint: "sallyport policy who-can 'tools/call run_model' on models" });
  }
  return { command, target };
}

function row({ who, effect, rules, when, unless, reviewWhen, approvers }: WhoCan): readonly string[] {
  const conditions = [
    ...(when.length === 0 ? [] : [`when ${when.join(' or ')}`]),
    ...(unless.length === 0 ? [] : [`unless ${unless.join(' or ')}`]),
    ...(reviewWhen.length === 0 ? [] : [`held when ${reviewWhen.join(' or ')}`]),
    ...(approvers.length === 0 ? [] : [`approved by ${approvers.join(', ')}`]),
  ];
  return [who, effect, rules.join(', '), conditions.join('; ')];
}
