import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import type { MaskOperator, MaskRule } from '../../core/decision.ts';
import { SallyportError } from '../../core/error.ts';
import type { MaskApplied } from '../../core/masker.ts';
import { readConfig } from '../../gateway/config.ts';
import { RESOURCE_OPTIONS } from '../../gateway/policy.ts';
import { createAnalyzer, kindOfEntity } from '../../masking/analyzer.ts';
import { DETECTORS } from '../../masking/detectors.ts';
import { locateFindings } from '../../masking/locate.ts';
import { createMasker, type MaskerOptions } from '../../masking/masker.ts';
import { maskStream, type StreamOptions } from '../../masking/stream.ts';
import { loadResources } from '../../policy/resources.ts';
import { compilePolicy } from '../../policy/snapshot.ts';
import { supposedSubject } from '../../policy/supposed.ts';
import { alignColumns } from '../columns.ts';
import type { Invocation } from '../command.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { requireTarget } from '../require-target.ts';
import { resourcePath } from '../resource-path.ts';
import type { Terminal } from '../terminal.ts';

/** What `--json` and an analyzer read at once. */
const MAX_HELD = 64 << 20;
const FORMATS = ['auto', 'json', 'text', 'sse'] as const;
const OPERATORS = ['redact', 'partial', 'hash', 'null', 'fake'] as const;

/** Standard input as a caller would get it, and beside it what was masked. */
export async function run(invocation: Invocation): Promise<ExitCode> {
  const { terminal, format, options } = invocation;
  const rules = fromPolicy(options) ? await policyRules(invocation) : [ownRule(options)];
  // Values stay equal within one run only: the gateway's key is not for tests.
  const masking: MaskerOptions = { key: randomBytes(32), direction: 'reply' };
  const outside = await analyzed(rules, options['config']);
  if (format === 'json') {
    if (outside) throw new SallyportError('usage', '--json does not ask an analyzer', { hint: 'name detectors with --detect' });
    terminal.json(locateFindings(await held(terminal), rules, masking));
    return EXIT.ok;
  }
  const streamed = one(options['format'] ?? 'auto', FORMATS, '--format');
  const applied = outside ? await maskHeld(terminal, rules, { ...masking, ...outside }) : await maskAll(terminal, rules, { ...masking, format: streamed });
  for (const line of appliedLines(applied)) terminal.note(line);
  return EXIT.ok;
}

const fromPolicy = (options: Invocation['options']): boolean => ['config', 'resources', 'target'].some((name) => options[name] !== undefined);

function ownRule(options: Invocation['options']): MaskRule {
  const fields = words(options['fields']);
  const all = options['detect'] === undefined && fields.length === 0;
  return {
    fields,
    detect: all ? DETECTORS.map(({ name }) => name) : words(options['detect']),
    operator: one<MaskOperator>(options['operator'] ?? 'redact', OPERATORS, '--operator'),
  };
}

const words = (list: string | undefined): readonly string[] => (list ?? '').split(',').flatMap((word) => word.trim() || []);

function one<T extends string>(value: string, allowed: readonly T[], option: string): T {
  const known = allowed.find((each) => each === value);
  if (known === undefined) throw new SallyportError('usage', `${option} ${value} is not known`, { hint: `one of ${allowed.join(', ')}` });
  return known;
}

/** The masks of a target for a subject; without one, those of somebody to whom nothing is revealed. */
async function policyRules(invocation: Invocation): Promise<readonly MaskRule[]> {
  const { options } = invocation;
  const other = ['detect', 'fields', 'operator'].find((name) => options[name] !== undefined);
  if (other !== undefined) throw new SallyportError('usage', `--${other} and the rules of a policy exclude each other`);
  const target = options['target'];
  if (target === undefined) throw new SallyportError('usage', '--target is missing', { hint: 'masks belong to a target' });
  const snapshot = compilePolicy(await loadResources(await resourcePath(invocation), RESOURCE_OPTIONS));
  requireTarget(snapshot, target);
  if (options['subject'] === undefined) return snapshot.compiled(target)?.masksFor([]) ?? [];
  const subject = supposedSubject(options['subject'], words(options['groups']));
  if (!subject) throw new SallyportError('usage', `--subject ${options['subject']} is no subject`, { hint: 'person:NAME, workload:NAME or ai-agent:NAME' });
  return snapshot.masksFor(subject, target);
}

/** The analyzer of the configuration, where the rules name what it finds. */
async function analyzed(rules: readonly MaskRule[], config: string | undefined): Promise<Pick<MaskerOptions, 'analyzer'> | undefined> {
  const settings = config === undefined ? undefined : (await readConfig(resolve(config))).analyzer;
  const asked = settings?.entities.map(kindOfEntity).some((kind) => rules.some((rule) => rule.detect.includes(kind)));
  return settings && asked ? { analyzer: createAnalyzer(settings) } : undefined;
}

async function maskAll(terminal: Terminal, rules: readonly MaskRule[], options: StreamOptions): Promise<readonly MaskApplied[]> {
  const masked = maskStream(terminal.input(), rules, options);
  for await (const bytes of masked.bytes) await terminal.write(bytes);
  return masked.applied();
}

async function maskHeld(terminal: Terminal, rules: readonly MaskRule[], options: MaskerOptions): Promise<readonly MaskApplied[]> {
  try {
    const text = await held(terminal);
    const masked = await createMasker(rules, options).outside?.((masker) => masker.text(text));
    await terminal.write(Buffer.from(masked?.value ?? ''));
    return masked?.applied ?? [];
  } finally {
    await options.analyzer?.close();
  }
}

async function held(terminal: Terminal): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of terminal.input()) {
    size += chunk.byteLength;
    if (size > MAX_HELD) throw new SallyportError('usage', `standard input holds more than ${MAX_HELD} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function appliedLines(applied: readonly MaskApplied[]): readonly string[] {
  if (applied.length === 0) return ['nothing was masked'];
  return alignColumns(applied.map(({ by, name, count }) => [String(count), by, name]));
}
