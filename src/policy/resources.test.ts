import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSallyportError } from '../core/error.ts';
import { DEFAULT_LIMITS } from '../core/target.ts';
import { problemsOf, resourcesOf, subjectOf, TARGET } from './fixtures.ts';
import { ResourcesError } from './problem.ts';
import { parseResources } from './resources.ts';
import { compilePolicy } from './snapshot.ts';

const policy = (rest: string): string => `${TARGET}---\nkind: Policy\nname: p\ntargets: [models]\n${rest}\n`;
const target = (rest: string): string => `kind: Target\nname: t\nprotocol: mcp\n${rest}\n`;
const A = 'address: http://h/';

/** What is refused, with the line and column where it stands in the text. */
const REFUSED: readonly (readonly [says: string, text: string, line: number, column: number, message: RegExp])[] = [
  ['an unknown key', target(`${A}\nadress: x`), 5, 1, /unknown key adress/],
  ['an unknown key of a rule', policy('rules: [{ name: a, alow: [x], allow: [y] }]'), 10, 20, /unknown key alow in rules\[0\]/],
  ['an unknown kind', 'kind: Tarjet\nname: x', 1, 7, /kind/],
  ['a document that is not a mapping', '- 1', 1, 1, /kind/],
  ['a second target of the same name', `${TARGET}---\n${TARGET}`, 8, 7, /second Target called models/],
  ['a target that differs in case only', `${TARGET}---\n${TARGET.replace('models', 'Models')}`, 8, 7, /second Target/],
  ['a second rule of the same name', policy('rules: [{ name: a, allow: [x] }, { name: a, deny: [x] }]'), 10, 42, /second rule called a/],
  ['a rule without effect', policy('rules:\n  - name: a'), 11, 5, /without effect/],
  ['a rule called default', policy('rules: [{ name: default, allow: [x] }]'), 10, 17, /name/],
  ['an approval without review', policy('rules: [{ name: a, allow: [x], approval: { from: [group:x] } }]'), 10, 9, /approval without review/],
  ['a review that nobody could answer', policy('rules: [{ name: a, review: [x] }]').replace('owners: [group:owners]\n', ''), 9, 9, /nobody could approve/],
  ['an approver that is no person or group', policy('rules: [{ name: a, review: [x], approval: { from: [workload:ci] } }]'), 10, 52, /from\[0\]/],
  ['a subject of an unknown kind', policy('rules: [{ name: a, subjects: [team:x], allow: [x] }]'), 10, 31, /subjects\[0\]/],
  ['a subject without a name', policy('rules: [{ name: a, subjects: ["group:"], allow: [x] }]'), 10, 31, /subjects\[0\]/],
  ['an empty list of subjects', policy('rules: [{ name: a, subjects: [], allow: [x] }]'), 10, 30, /subjects/],
  ['an expression with an unknown variable', policy('rules: [{ name: a, allow: [x], when: nope == 1 }]'), 10, 38, /unknown variable: nope/i],
  ['an expression that is no condition', policy('rules: [{ name: a, allow: [x], when: risk }]'), 10, 38, /not true or false/],
  ['a duration without unit', policy('rules: [{ name: a, review: [x], approval: { pending: "30" } }]'), 10, 54, /pending/],
  ['a quorum of nobody', policy('rules: [{ name: a, review: [x], approval: { quorum: 0 } }]'), 10, 53, /quorum/],
  ['a mask that masks nothing', policy('masks: [{ with: hash }]'), 10, 9, /masks nothing/],
  ['an unknown operator', policy('masks: [{ detect: [email], with: blur }]'), 10, 34, /with/],
  ['an unknown risk factor', policy('risk: { weights: { luck: 3 } }'), 10, 26, /unknown risk factor luck/],
  ['a negative weight', policy('risk: { weights: { tool: -3 } }'), 10, 26, /tool/],
  ['control characters in a name', target(A).replace('name: t', 'name: "t\\u0007"'), 2, 7, /name/],
  ['a bidirectional override in a rule name', policy('rules: [{ name: "a\\u202E", allow: [x] }]'), 10, 17, /name/],
  ['a target without address and command', target('labels: {}'), 1, 1, /either an address or a command/],
  ['a target with both', target(`${A}\ncommand: [x]`), 1, 1, /either an address or a command/],
  ['an address with another scheme', target('address: file:///etc/passwd'), 4, 10, /scheme file:/],
  ['an address that is no URL', target('address: models:7700'), 4, 10, /address/],
  ['an address with a password', target('address: http://u:p@h/'), 4, 10, /user name or password/],
  ['env credentials for an address', target(`${A}\ncredential: { env: { A: { env: B } } }`), 5, 13, /stdio/],
  ['header credentials for a program', target('command: [x]\ncredential: { bearer: { env: B } }'), 5, 13, /environment/],
  ['two credentials at once', target(`${A}\ncredential: { bearer: { env: A }, basic: { user: u, password: { env: B } } }`), 5, 13, /credential/],
  ['a secret written into the file', target(`${A}\ncredential: { bearer: hunter2 }`), 5, 23, /bearer/],
  ['a secret from two places', target(`${A}\ncredential: { bearer: { env: A, file: /b } }`), 5, 23, /bearer/],
  ['a label that is not text', target(`${A}\nlabels: { env: true }`), 5, 16, /labels.env/],
  ['a duplicate key', target(`${A}\n${A}`), 5, 1, /unique/i],
  ['an anchor', target(`${A}\nlabels: &x { a: b }`), 5, 12, /anchors/],
  ['an unknown tag', target(`${A}\nlabels: { a: !js/function "x" }`), 5, 14, /tag/],
  ['broken YAML', 'kind: [', 1, 8, /not readable/],
];

for (const [says, text, line, column, message] of REFUSED) {
  test(`resources refuse ${says}, with its place and the fix`, () => {
    const problems = problemsOf(text);
    const found = problems.find((problem) => message.test(problem.message));
    assert.ok(found, JSON.stringify(problems));
    assert.deepEqual([found.file, found.line, found.column], ['test.yaml', line, column], JSON.stringify(problems));
    assert.notEqual(found.fix, '');
  });
}

test('no message repeats what could be a secret', () => {
  assert.doesNotMatch(JSON.stringify(problemsOf(target(`${A}\ncredential: { bearer: hunter2 }`))), /hunter2/);
  assert.doesNotMatch(JSON.stringify(problemsOf(target('address: http://u:hunter2@h/'))), /hunter2/);
});

test('all problems of all documents are told at once, in the error and as data', () => {
  const text = `${target('address: ftp://h/\nfoo: 1')}---\nkind: Policy\nname: p\ntargets: [t]\nrules: [{ name: a }, { name: b, allow: [x], when: nope }]\n`;
  assert.equal(problemsOf(text).length, 4);
  assert.throws(
    () => parseResources([{ file: 'a.yaml', text }]),
    (error) => {
      assert.ok(error instanceof ResourcesError && isSallyportError(error, 'resources_invalid'));
      assert.equal(error.message.split('\n').length, 5);
      assert.match(error.message, /^a\.yaml:4:10: /m);
      return true;
    },
  );
});

test('a bomb of aliases is refused before it is opened', () => {
  const levels = Array.from({ length: 30 }, (_, i) => `l${i + 1}: &l${i + 1} [*l${i}, *l${i}]`).join('\n');
  assert.match(problemsOf(`l0: &l0 x\n${levels}`)[0]?.message ?? '', /anchors and aliases/);
});

test('prototype names are keys like others: refused where unknown, own where free', () => {
  assert.match(problemsOf(target(`${A}\n__proto__: { audit: relaxed }`))[0]?.message ?? '', /key __proto__/);
  assert.match(problemsOf(target(`${A}\nlabels: { __proto__: x }`))[0]?.message ?? '', /key __proto__/);
  assert.deepEqual(problemsOf(target(`${A}\nlabels: { constructor: x }`)), []);
});

test('metadata and link-local addresses are refused in every notation, private ones are not', () => {
  for (const host of [
    '169.254.169.254',
    '0xa9fea9fe',
    '2852039166',
    '[fd00:ec2::254]',
    '[fe80::1]',
    '[::ffff:169.254.169.254]',
    'metadata.google.internal',
    'METADATA.google.internal.',
    '100.100.100.200',
  ]) {
    assert.match(problemsOf(target(`address: "http://${host}/"`))[0]?.message ?? '', /metadata/, host);
  }
  for (const host of ['127.0.0.1:7700', '10.0.0.5', '[::1]', 'models.internal', '192.168.1.1'])
    assert.deepEqual(problemsOf(target(`address: "http://${host}/"`)), [], host);
});

test('detectors and protocols are checked against the lists that are passed in', () => {
  const text = policy('masks: [{ detect: [email, emial] }]');
  assert.deepEqual(problemsOf(text), []);
  assert.match(problemsOf(text, { detectors: ['email'] })[0]?.message ?? '', /unknown detector emial/);
  assert.match(problemsOf(text, { protocols: ['postgres'] })[0]?.message ?? '', /unknown protocol mcp/);
});

test('a target gets its defaults, and what it writes itself', () => {
  const { targets } = parseResources([{ file: 'a', text: target(`${A}\nlimits: { depth: 9 }\ncredential: { header: { name: X-Key, value: { file: /k } } }`) }]);
  assert.deepEqual(targets[0], {
    name: 't',
    protocol: 'mcp',
    address: 'http://h/',
    credential: { header: { name: 'X-Key', value: { file: '/k' } } },
    labels: {},
    owners: [],
    audit: 'strict',
    masking: 'enforce',
    pin: 'trust-first',
    quarantine: 'deny',
    extraArguments: 'allow',
    leadingDash: 'refuse',
    placeholders: 'refuse',
    readOnlyTools: [],
    limits: { ...DEFAULT_LIMITS, depth: 9 },
  });
});

test('rows are recorded of PostgreSQL targets that ask for it, so many and no more', () => {
  const database = (record: string): string =>
    `kind: Target\nname: t\nprotocol: postgres\naddress: postgres://h:5432/d\ncredential: { login: { user: u, password: { env: P } } }\nrecord: ${record}\n`;
  const { targets } = parseResources([{ file: 'a', text: database('{ rows: 10000 }') }]);
  assert.deepEqual(targets[0]?.record, { rows: 10_000 });
  for (const record of ['{ rows: 0 }', '{ rows: 10001 }', '{ rows: all }', '{}', '{ rows: 5, more: 1 }'])
    assert.equal(problemsOf(database(record)).length, 1, record);
  const [problem] = problemsOf(target(`${A}\nrecord: { rows: 5 }`));
  assert.match(problem?.message ?? '', /record is for PostgreSQL/);
});

test('JSON is read as the YAML that it is, several documents and empty ones too', () => {
  const json = JSON.stringify({ kind: 'Target', name: 'j', protocol: 'mcp', command: ['node', 'server.js'] });
  assert.equal(parseResources([{ file: 'a', text: `---\n---\n${json}\n---\n` }]).targets[0]?.command?.[1], 'server.js');
});

test('policies name targets by name, glob, labels, and any mixture of them', () => {
  for (const targets of ['[models]', '["mod*"]', '{ labels: { env: prod } }', '[other, { labels: { env: prod } }]']) {
    const resources = resourcesOf(`kind: Policy\nname: p\ntargets: ${targets}\n`, `${TARGET}labels: { env: prod, x: y }\n`);
    assert.equal(resources.policies.length, 1, targets);
  }
});

test('a mask brings patterns, words, columns and headers of its own to every command', () => {
  const masks = [
    '{ pattern: { name: badge, regex: "\\\\bEMP-\\\\d{4}\\\\b", context: [badge] }, with: hash }',
    '{ words: { name: project, list: [Blue Heron] } }',
    '{ columns: [public.people.ssn, people."odd name"], headers: [X-Api-Key] }',
  ];
  const sql = TARGET.replace('protocol: mcp', 'protocol: postgresql');
  const resources = resourcesOf(`kind: Policy\nname: p\ntargets: [models]\nmasks:\n${masks.map((mask) => `  - ${mask}\n`).join('')}`, sql);
  assert.deepEqual(compilePolicy(resources).masksFor(subjectOf(), 'models'), [
    { fields: [], detect: [], operator: 'hash', pattern: { name: 'badge', regex: '\\bEMP-\\d{4}\\b', context: ['badge'] } },
    { fields: [], detect: [], operator: 'redact', words: { name: 'project', list: ['Blue Heron'] } },
    { fields: [], detect: [], operator: 'redact', columns: ['public.people.ssn', 'people."odd name"'], headers: ['X-Api-Key'] },
  ]);
});

test('a mask that could not work is refused, with its line, its column and what to write', () => {
  const wrong: readonly (readonly [string, RegExp, string])[] = [
    ['{ pattern: { name: x, regex: "(?=a)b" } }', /no regular expression/, 'regex'],
    ['{ pattern: { name: x, regex: "a*" } }', /matches the empty text/, 'regex'],
    ['{ pattern: { name: x, regex: "(?:a{200}){200}" } }', /no regular expression|too big/, 'regex'],
    ['{ pattern: { name: x, regex: a, score: 0.2 } }', /never masked/, 'score'],
    ['{ pattern: { name: X, regex: a } }', /pattern\.name/, 'name'],
    ['{ words: { name: x, list: ["--"] } }', /letters or digits|list/, 'list'],
    ['{ columns: [ssn] }', /columns/, 'columns'],
    ['{ columns: [people.ssn] }', /every target of this policy is MCP/, 'columns'],
    ['{ headers: [X-Key] }', /no header of an MCP server/, 'headers'],
    ['{ fields: [password] }', /begins with \$/, 'fields'],
    ['{ fields: ["$..a[?(@.b)]"] }', /not a path at character 5/, 'fields'],
    ['{ pattern: { name: email, regex: a } }', /a second kind of value called email/, 'name'],
  ];
  for (const [mask, message, member] of wrong) {
    const policy = `kind: Policy\nname: p\ntargets: [models]\nmasks:\n  - ${mask}\n`;
    const problems = problemsOf(`${TARGET}---\n${policy}`, { detectors: ['email'] });
    assert.equal(problems.length, 1, mask);
    assert.match(problems[0]?.message ?? '', message);
    assert.equal(problems[0]?.line, 11, mask);
    assert.ok((problems[0]?.column ?? 0) >= `  - ${mask}`.indexOf(member) + 1, mask);
    assert.notEqual(problems[0]?.fix, '');
  }
});

test('one slip in the YAML is one problem', () => {
  for (const text of [
    policy('rules:\n  - name: a\n    allow: [tools/list\n  - name: b\n    allow: [x]'),
    policy('rules:\n  - name: a\n\tallow: [x]\n  - name: b\n    allow: [x]'),
    policy('rules:\n - name: a\n    allow: [x]\n   deny: [y]'),
    policy('rules:\n  - name: "a\n    allow: [x]'),
  ])
    assert.equal(problemsOf(text).length, 1, text);
});

test('a key that is written wrongly is one problem, with the key that was probably meant', () => {
  const [problem, ...more] = problemsOf(policy('rules:\n  - name: a\n    alow: [x]'));
  assert.deepEqual(more, []);
  assert.match(problem?.message ?? '', /unknown key alow in rules\[0\]/);
  assert.match(problem?.fix ?? '', /^did you mean allow\?/);
  for (const [text, meant] of [
    [target(`${A}\nadress: x`), 'address'],
    [target(`${A}\nlimits: { replybytes: 3 }`), 'replyBytes'],
    [policy('rules: [{ name: a, review: [x], approval: { form: [group:x] } }]'), 'from'],
    [policy('rules: [{ name: a, allow: [x] }]\nrisk: { weights: { ai-agnet: 3 } }'), 'ai-agent'],
  ] as const)
    assert.ok(
      problemsOf(text).some(({ fix }) => fix.startsWith(`did you mean ${meant}?`)),
      meant,
    );
});
