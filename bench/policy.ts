/** How long one decision takes, and how long it takes to load what it is made from. */
import { makeCommand } from '../src/core/command.ts';
import type { Session } from '../src/core/session.ts';
import { parseResources } from '../src/policy/resources.ts';
import { compilePolicy } from '../src/policy/snapshot.ts';
import type { Benchmark, BenchmarkOptions, Figures } from './benchmark.ts';

export const policy: Benchmark = { about: 'one decision by how many rules there are, and loading them', run: benchPolicy };

const TARGET = 'kind: Target\nname: models\nprotocol: mcp\naddress: http://127.0.0.1:7700/mcp\nlabels: { env: prod, data: customer }\nowners: [group:owners]\n';

/** Medians in microseconds of one decision by how many rules there are, and milliseconds to load 500 rules. */
function benchPolicy({ quick }: BenchmarkOptions): Promise<Figures> {
  const started = performance.now();
  compilePolicy(parseResources([{ file: 'bench.yaml', text: policyOf(500) }]));
  const loadMs = performance.now() - started;
  const times = quick ? 2000 : 40_000;
  return Promise.resolve({
    decide_50_rules_us: medianDecision({ rules: 50, args: { rows: 10 }, times }),
    decide_500_rules_us: medianDecision({ rules: 500, args: { rows: 10 }, times }),
    decide_500_rules_1mb_args_us: medianDecision({ rules: 500, args: { rows: 5, rest: 'x'.repeat(1 << 20) }, times: times / 20 }),
    load_500_rules_ms: round(loadMs),
  });
}

/** A third of the rules each: allow under a condition, review by glob, deny by glob; every tenth names everybody. */
function policyOf(rules: number): string {
  const lines = Array.from({ length: rules }, (_, i) => {
    const subjects = i % 10 === 0 ? '' : `subjects: [group:team-${i % 20}], `;
    if (i % 3 === 0) return `  - { name: r${i}, ${subjects}allow: [tools/list, tools/call run_${i}, "tools/call list_${i}_*"], when: args.rows <= 10000 }`;
    if (i % 3 === 1) return `  - { name: r${i}, ${subjects}review: ["tools/call update_${i}_*"], approval: { from: [group:leads] } }`;
    return `  - { name: r${i}, ${subjects}deny: ["tools/call *_secret_${i}", "tools/call drop_${i}"] }`;
  });
  return `${TARGET}---\nkind: Policy\nname: bench\ntargets: [models]\nrules:\n${lines.join('\n')}\nmasks: [{ detect: [email] }, { fields: ["$..password"], reveal: [group:team-1] }]\n`;
}

interface Question {
  readonly rules: number;
  readonly args: { readonly rows: number; readonly rest?: string };
  readonly times: number;
}

function medianDecision({ rules, args, times: rounds }: Question): number {
  const snapshot = compilePolicy(parseResources([{ file: 'bench.yaml', text: policyOf(rules) }]));
  const target = snapshot.target('models');
  if (!target) throw new Error('the benchmark has no target');
  const subject = { kind: 'person', id: '1', name: 'someone', groups: ['staff', 'team-3', 'team-9'], issuer: 'bench' } as const;
  const session: Session = { id: 'bench', subject, target, client: { address: '127.0.0.1', userAgent: 'bench', id: '' } };
  const names = ['run_3', 'run_9', 'list_9_all', 'update_49_x', 'a_secret_29', 'nothing', 'run_33'];
  const commands = names.map((name) => makeCommand({ protocol: 'mcp', name: `tools/call ${name}`, naming: 'plain', arguments: args }));
  const times: number[] = [];
  for (let i = 0; i < rounds; i += 1) {
    const command = commands[i % commands.length] ?? commands[0];
    if (!command) break;
    const from = process.hrtime.bigint();
    snapshot.decide(session, command);
    times.push(Number(process.hrtime.bigint() - from) / 1000);
  }
  return round(times.toSorted((a, b) => a - b)[times.length >> 1] ?? 0);
}

const round = (value: number): number => Math.round(value * 100) / 100;
