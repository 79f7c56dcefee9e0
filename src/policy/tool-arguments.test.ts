import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonValue } from '../core/json.ts';
import { lintResources } from './check.ts';
import { TARGET } from './fixtures.ts';
import { ResourcesError } from './problem.ts';
import { parseResources } from './resources.ts';
import type { ToolSchemas } from './tool-arguments.ts';

const object = (properties: object, more: object = {}): JsonValue => ({ type: 'object', properties, ...more }) as JsonValue;
const RUN = object({
  rows: { type: 'integer' },
  name: { type: 'string' },
  dry: { type: 'boolean' },
  tags: { type: 'array', items: { type: 'string' } },
  options: { type: 'object', properties: { limit: { type: 'number' } } },
  'user-id': { type: 'string' },
  anything: {},
  maybe: { type: ['string', 'null'] },
});
const TOOLS = new Map([
  ['run_model', RUN],
  ['list_models', object({ page: { type: 'integer' } })],
  ['open_ended', object({ a: { type: 'string' } }, { additionalProperties: true })],
  ['Update_Model', object({ version: { type: 'string' } })],
]);
const known: ToolSchemas = ({ name }) => (name === 'models' ? TOOLS : undefined);

const source = (when: string, effect: string): string =>
  `${TARGET}---\nkind: Policy\nname: p\ntargets: [models]\nrules:\n  - name: r\n    ${effect}\n    when: ${JSON.stringify(when)}\n`;

/** The problem that keeps the set from being loaded, as it is printed; undefined where it loads. */
function refusal(when: string, effect = 'allow: [tools/call run_model]', tools = known): string | undefined {
  try {
    parseResources([{ file: 'p.yaml', text: source(when, effect) }], { tools });
    return undefined;
  } catch (error) {
    assert.ok(error instanceof ResourcesError);
    assert.equal(error.problems.length, 1);
    const { file, line, column, message, fix } = error.problems[0] ?? assert.fail();
    assert.deepEqual([file, column], ['p.yaml', 11]);
    assert.ok(line > 1);
    return `${message} | ${fix}`;
  }
}
const warnings = (when: string, effect: string, tools = known): readonly string[] =>
  lintResources(parseResources([{ file: 'p.yaml', text: source(when, effect) }]), tools).flatMap(({ message }) =>
    message.includes('tools/call ') ? [message] : [],
  );

test('a condition that fits the arguments of its tool is taken', () => {
  for (const when of [
    'args.rows <= 10000',
    'args.rows == 10 && args.rows != 11',
    'args.rows in [1, 2, 3]',
    'args.rows * 2.0 > 5.0',
    'int(args.rows) % 2 == 0',
    'args.name.startsWith("a") || args.name in ["b", "c"]',
    'args.name.matches("^[a-z]+$")',
    'has(args.rows) && args.rows < 5',
    'args.dry',
    '!args.dry',
    'args.tags.exists(tag, tag == "safe") && size(args.tags) in [1, 2]',
    'args.options.limit < 10 && args["user-id"] != ""',
    'args.anything.of.any == "kind"',
    'args.maybe == "x"',
    'size(args) < 3 && "rows" in args',
    'risk < 50 && subject.kind == "person"',
  ])
    assert.equal(refusal(when), undefined, when);
});

test('an argument that the tool does not have is refused, with the one that was probably meant', () => {
  assert.match(
    refusal('args.rowz <= 10') ?? '',
    /^there is no argument rowz \(tools\/call run_model\) \| did you mean rows\? there are rows: number, name: string/,
  );
  assert.match(refusal('args["naem"] == "a"') ?? '', /no argument naem.*did you mean name\?/);
  assert.match(refusal('args.options.limits < 3') ?? '', /no argument limits/);
  assert.match(refusal('has(args.rows) && args.row > 1') ?? '', /no argument row /);
});

test('a comparison of the wrong type is refused, with the part that is wrong', () => {
  assert.match(refusal('args.dry && args.name == 3') ?? '', /^args\.name == 3: no such overload: string == int/);
  assert.match(refusal('args.name < 3') ?? '', /string < int/);
  assert.match(refusal('args.rows.startsWith("1")') ?? '', /double\.startsWith/);
  assert.match(refusal('args.tags.exists(tag, tag == 1)') ?? '', /^tag == 1/);
  assert.match(refusal('args.rows + 1 > 2') ?? '', /\| numbers of JSON are doubles: write 1\.0 for 1/);
  assert.match(refusal('args.name') ?? '', /^the expression gives a text, not true or false/);
});

test('rules that restrict are checked like those that allow, and without regard to case', () => {
  assert.match(refusal('args.rowz > 10', 'deny: [tools/call RUN_*]') ?? '', /no argument rowz/);
  assert.match(
    refusal('args.rowz > 10', 'review: [tools/call update_model]\n    approval: { from: [group:x] }') ?? '',
    /no argument rowz \(tools\/call Update_Model\)/,
  );
  assert.equal(refusal('args.rowz > 10', 'allow: [tools/call update_model]'), undefined, 'allow names exactly: of that tool nothing is known');
});

test('nothing is refused where the tools are not known, or not all of what the rule is about', () => {
  assert.equal(
    refusal('args.rowz > 10', 'allow: [tools/call run_model]', () => undefined),
    undefined,
  );
  for (const effect of [
    'allow: [tools/call not_listed_yet]',
    'allow: [tools/call run_model, tools/call not_listed_yet]',
    'deny: ["*"]',
    'allow: [tools/call open_ended]',
  ])
    assert.equal(refusal('args.rowz > 10', effect), undefined, effect);
  assert.deepEqual(warnings('args.rowz > 10', 'allow: [tools/call open_ended]'), []);
});

test('what fits some of the tools is told of, with what becomes of the others', () => {
  const every = 'allow: ["tools/call *_model*", tools/list]';
  assert.equal(refusal('args.rows <= 5', every), undefined);
  assert.deepEqual(warnings('args.rows <= 5', every), ['there is no argument rows (tools/call list_models): so the rule never allows it']);
  assert.deepEqual(warnings('args.rows > 5', 'deny: ["tools/call *_models", tools/call run_model]'), [
    'there is no argument rows (tools/call list_models): so the rule denies it always',
  ]);
  assert.deepEqual(warnings('has(args.rows) && args.rows > 5', 'deny: ["tools/call *_models", tools/call run_model]'), []);
  assert.deepEqual(warnings('args.rowz > 5', 'deny: ["*"]').length, 1);
});

test('a schema that becomes known later is told of, and the rule in force does what a failed condition does', () => {
  assert.deepEqual(warnings('args.rowz > 5', 'deny: [tools/call run_model]'), ['there is no argument rowz (tools/call run_model)']);
});
