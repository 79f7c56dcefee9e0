import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commandOf, rulesOf, sessionOf, subjectOf } from './fixtures.ts';
import { checkWhen, compileWhen } from './when.ts';
import { WhenVariables } from './when-variables.ts';

const NOON = new Date('2026-11-21T12:30:00Z');

function ask(expression: string, args = '{}'): boolean | 'error' {
  const session = sessionOf(rulesOf('{ name: a, allow: ["*"] }'));
  const variables = new WhenVariables({ session, subject: subjectOf(), command: commandOf('tools/call x', args), risk: 42, now: NOON });
  return compileWhen(expression)(variables);
}

test('numbers compare as the values they are, whole or not', () => {
  for (const [expression, args, expected] of [
    ['args.rows <= 10000', '{"rows":10}', true],
    ['args.rows <= 10000', '{"rows":10.5}', true],
    ['args.rows <= 10000', '{"rows":10000.5}', false],
    ['args.rows <= 10000', '{"rows":1e4}', true],
    ['args.rows == 10', '{"rows":10.0}', true],
    ['args.rows <= 10.5', '{"rows":10}', true],
    ['args.rows in [10, 20]', '{"rows":20}', true],
    ['risk >= 42 && risk < 43', '{}', true],
  ] as const) {
    assert.equal(ask(expression, args), expected, `${expression} on ${args}`);
  }
});

test('a number that a double cannot hold is an error wherever it is touched, and harmless elsewhere', () => {
  const args = '{"id":9007199254740993,"rows":5,"ids":[1,9007199254740993],"o":{"id":9007199254740993},"huge":1e999,"fine":0.1234567890123456789}';
  for (const expression of [
    'args.id > 0',
    'args.id == args.id',
    '1 in args.ids',
    '!(9007199254740993 in args.ids)',
    'args.o != {"id": 1}',
    'args.huge > 0',
    'args.fine > 0',
    'args.ids.exists(i, i == 5)',
  ]) {
    assert.equal(ask(expression, args), 'error', expression);
  }
  assert.equal(ask('args.rows == 5', args), true);
});

test('a missing argument, a wrong type and an unexpected type are errors', () => {
  assert.equal(ask('args.rows <= 1'), 'error');
  assert.equal(ask('args.rows <= 1', '{"rows":"0"}'), 'error');
  assert.equal(ask('args.rows <= 1', '{"rows":null}'), 'error');
  assert.equal(ask('args.flag', '{"flag":"yes"}'), 'error');
  assert.equal(ask('args.flag', '{"flag":true}'), true);
  assert.equal(ask('has(args.rows) && args.rows <= 1'), false);
});

test('nothing that JavaScript objects inherit is visible', () => {
  for (const name of ['constructor', 'toString', 'hasOwnProperty', '__proto__', 'valueOf', 'size', 'length']) {
    assert.equal(ask(`args["${name}"] == args["${name}"]`), 'error', name);
    assert.equal(ask(`"${name}" in args`), false, name);
    assert.equal(ask(`args["${name}"] == 1`, `{"${name}":1}`), true, name);
  }
  assert.equal(ask('args.o.constructor == 1', '{"o":{}}'), 'error');
  assert.equal(ask('args.l.length == 1', '{"l":[1]}'), 'error');
  assert.equal(ask('args.o.a == 1', '{"o":{"constructor":1,"a":1}}'), true);
});

test('an expression sees subject, target, command, time and client', () => {
  for (const expression of [
    '"staff" in subject.groups && subject.name == "ann" && subject.kind == "person" && subject.id == "7" && subject.issuer == "test"',
    'target.name == "models" && !has(target.labels.env)',
    'command.name.startsWith("tools/call ")',
    'time.getHours() == 12 && time.getHours("Asia/Tokyo") == 21',
    'time < timestamp("2027-01-01T00:00:00Z")',
    'client.address.startsWith("10.") && client.id == "client-1" && client.userAgent == "test"',
  ]) {
    assert.equal(ask(expression), true, expression);
  }
});

test('expressions are checked when they are loaded', () => {
  for (const expression of [
    'nope == 1',
    'subject.nope == 1',
    'subject.name == 1',
    'risk',
    'args',
    '"text"',
    'args.rows <=',
    'risk > "a"',
    'time > 5',
    'args.a.matches("(")',
    'args.a.matches(args.b)',
  ]) {
    assert.ok(checkWhen(expression), expression);
  }
  assert.equal(checkWhen('args.a.matches("^a+$")'), undefined);
});

test('what could cost too much is refused when it is loaded', () => {
  assert.match(checkWhen('args.a.all(x, args.b.all(y, x == y))')?.message ?? '', /inside another loop/);
  assert.match(checkWhen('cel.bind(x, args.a, x == x)')?.message ?? '', /cel.bind/);
  assert.ok(checkWhen(Array.from({ length: 200 }, () => 'risk == 1').join(' || ')));
  assert.ok(checkWhen(`${'('.repeat(100)}true${')'.repeat(100)}`));
  assert.ok(checkWhen('args.a.matches("((a{100}){100}){100}")'));
  assert.equal(checkWhen('args.a.all(x, x > 1) && args.b.all(y, y > 1)'), undefined);
});

test('matches is linear in the text: a pattern that ruins a backtracking engine is answered', () => {
  const text = `${'a'.repeat(50_000)}!`;
  assert.equal(ask('args.text.matches("^(a+)+$")', JSON.stringify({ text })), false);
  assert.equal(ask('args.text.matches("^(a+)+$")', JSON.stringify({ text: text.slice(0, -1) })), true);
  assert.equal(ask('args.l.exists(x, x.matches(r"^\\d+$"))', '{"l":["a","12"]}'), true);
});

test('values too big to be looked at cheaply are errors, not matches', () => {
  assert.equal(ask('args.text.contains("b")', JSON.stringify({ text: 'a'.repeat(70_000) })), 'error');
  assert.equal(ask('args.list.all(x, x == 1)', JSON.stringify({ list: Array.from({ length: 10_001 }, () => 1) })), 'error');
  assert.equal(ask('args.list.all(x, x == 1)', JSON.stringify({ list: Array.from({ length: 10_000 }, () => 1) })), true);
  assert.equal(ask('args.deep == args.deep', `{"deep":${'['.repeat(100)}${']'.repeat(100)}}`), 'error');
});

test('what another language would write is answered with what CEL writes', () => {
  for (const [source, fix] of [
    ['args.a and args.b', 'write && for and'],
    ['args.a > 3 or risk > 5', 'write || for or'],
    ['not args.a', 'write ! for not: !(args.x)'],
    ['args.a = 3', 'write == to compare'],
    ['args.a === 3', 'write == or !='],
    ['args.a <> 3', 'write != for <>'],
    ['args.a is null', 'write == or !='],
    ['args.a == None', 'write null, or has(args.x) to ask whether it is there'],
    ['len(args.a) > 3', 'write size(x)'],
    ['size(args)', 'compare it with something: args.rows <= 100'],
  ] as const)
    assert.equal(checkWhen(source)?.fix, fix, source);
  assert.match(checkWhen('arg.x == 1')?.fix ?? '', /^did you mean args\?/);
  assert.equal(checkWhen('args.a == "this and that or = not"'), undefined);
  assert.doesNotMatch(checkWhen('args.a == "this and that")')?.fix ?? '', /&&/);
});

test('a condition that is no yes or no says what it gives instead', () => {
  assert.equal(checkWhen('size(args)')?.message, 'the expression gives a whole number, not true or false');
  assert.equal(checkWhen('subject.name')?.message, 'the expression gives a text, not true or false');
  assert.equal(checkWhen('subject.groups')?.message, 'the expression gives a list, not true or false');
  assert.equal(checkWhen('time')?.message, 'the expression gives a time, not true or false');
});
