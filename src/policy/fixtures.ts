/** Small builders for the tests of this folder. */
import { makeCommand, type Command, type CommandParts } from '../core/command.ts';
import { parseJson } from '../core/json.ts';
import type { Session } from '../core/session.ts';
import type { Subject } from '../core/subject.ts';
import { ResourcesError, type Problem } from './problem.ts';
import { parseResources, type ResourceOptions, type Resources } from './resources.ts';
import { compilePolicy, type Snapshot } from './snapshot.ts';

export const TARGET = `kind: Target
name: models
protocol: mcp
address: http://127.0.0.1:7700/mcp
owners: [group:owners]
`;

export const resourcesOf = (policies: string, target = TARGET): Resources => parseResources([{ file: 'test.yaml', text: `${target}---\n${policies}` }]);
export const snapshotOf = (policies: string, target = TARGET): Snapshot => compilePolicy(resourcesOf(policies, target));

/** A snapshot of one policy with these rules (YAML flow mappings) on the target `models`. */
export function rulesOf(...rules: readonly string[]): Snapshot {
  return snapshotOf(`kind: Policy\nname: p\ntargets: [models]\nrules:\n${rules.map((rule) => `  - ${rule}\n`).join('')}`);
}

export function subjectOf(parts: Partial<Subject> = {}): Subject {
  return { kind: 'person', id: '7', name: 'ann', groups: ['staff'], issuer: 'test', ...parts };
}

export function sessionOf(snapshot: Snapshot, subject: Subject = subjectOf()): Session {
  const target = snapshot.target('models');
  if (!target) throw new Error('the fixture has no target models');
  return { id: 's', subject, target, client: { address: '10.0.0.9', userAgent: 'test', id: 'client-1' } };
}

/** A command with arguments as they come from the wire. */
export function commandOf(name: string, args = '{}', parts: Partial<CommandParts> = {}): Command {
  return makeCommand({ protocol: 'mcp', name, naming: 'plain', arguments: parseJson(args), ...parts });
}

export function problemsOf(text: string, options: ResourceOptions = {}): readonly Problem[] {
  try {
    parseResources([{ file: 'test.yaml', text }], options);
    return [];
  } catch (error) {
    if (error instanceof ResourcesError) return error.problems;
    throw error;
  }
}
