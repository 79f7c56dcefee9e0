import assert from 'node:assert/strict';
import { test } from 'node:test';
import { THRESHOLD, type Finding } from '../detector.ts';
import { DETECTORS, joinDetectors } from '../detectors.ts';
import { featuresOf, type Features } from '../features.ts';
import { NO_KEY, readKey } from '../key.ts';

const EVERYTHING: Features = {
  length: 1e9,
  digits: 1e9,
  chain: 1e9,
  run: 1e9,
  word: 1e9,
  colons: 1e9,
  dashes: 1e9,
  dots: 1e9,
  letters: 1e9,
  capitals: 1e9,
  seen: -1,
};

function find(name: string, text: string, key = '', features = featuresOf(text)): readonly string[] {
  const detector = DETECTORS.find((candidate) => candidate.name === name);
  assert.ok(detector, name);
  const traits = key === '' ? NO_KEY : readKey(key);
  if (features.digits < (detector.fewestDigits ?? 0) || !detector.mayFind(features, traits)) return [];
  const findings: readonly Finding[] = detector.find({ text, features, key: traits });
  return findings.filter((finding) => finding.score >= THRESHOLD).map(({ start, end }) => text.slice(start, end));
}

/** Detector -> text -> what is found in it. */
const FOUND: readonly (readonly [string, string, string])[] = [
  ['email', 'write to ada.lovelace+x@mail.example.co.uk.', 'ada.lovelace+x@mail.example.co.uk'],
  ['email', 'jörg@müller.de', 'jörg@müller.de'],
  ['email', 'https://x.test/u?mail=ada%40example.org', 'ada%40example.org'],
  ['credit-card', 'paid with 4929722653797141', '4929722653797141'],
  ['credit-card', '4929 7226 5379 7141', '4929 7226 5379 7141'],
  ['credit-card', '4929\u200b7226\u200b5379\u200b7141', '4929\u200b7226\u200b5379\u200b7141'],
  ['credit-card', 'amex 3782-822463-10005', '3782-822463-10005'],
  ['credit-card', 'line\\n4929722653797141', '4929722653797141'],
  ['credit-card', 'my card 6304000000000000 is lost', '6304000000000000'],
  ['us-ssn', 'see 536-22-7741 there', '536-22-7741'],
  ['us-ssn', 'ssn: 536227741', '536227741'],
  ['us-ssn', 'social security number 536 22 7741', '536 22 7741'],
  ['iban', 'to DE89370400440532013000 now', 'DE89370400440532013000'],
  ['iban', 'my iban is gb82 west 1234 5698 7654 32 ok', 'gb82 west 1234 5698 7654 32'],
  ['phone', 'ring +44 20 7946 0958 today', '+44 20 7946 0958'],
  ['phone', 'office (415) 555-2671', '(415) 555-2671'],
  ['phone', 'they answer at 415-555-2671', '415-555-2671'],
  ['phone', 'Phone: 467 3395', '467 3395'],
  ['ip-address', 'from 127.0.0.1:8080', '127.0.0.1'],
  ['ip-address', 'host 2001:db8::8a2e:370:7334 is up', '2001:db8::8a2e:370:7334'],
  ['ip-address', '[::1]:80', '::1'],
  ['mac-address', 'link 00:1a:2B:3c:4d:5e up', '00:1a:2B:3c:4d:5e'],
  ['mac-address', '001a.2b3c.4d5e', '001a.2b3c.4d5e'],
  ['date-of-birth', 'She was born on 2/8/1935.', '2/8/1935'],
  ['date-of-birth', 'Date of birth: 12 March 1980', '12 March 1980'],
  ['secret', 'aws_access_key_id=AKIAQ3EGV5TZ7XN2KLMA', 'AKIAQ3EGV5TZ7XN2KLMA'],
  ['secret', 'aws_secret_access_key=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', 'wJalrXUtnFEMIK7MDENGbPxRfiCYzTq4hGd82LpV'],
  ['secret', 'use ghp_16C7e42F292c6912E7710c838347Ae178B4a here', 'ghp_16C7e42F292c6912E7710c838347Ae178B4a'],
  ['secret', 'postgres://app:s3cr3t@db.internal/prod', 's3cr3t'],
  ['secret', 'Authorization: Basic YWRhOmh1bnRlcjI=', 'YWRhOmh1bnRlcjI='],
  ['secret', 'Authorization: Bearer abcDEF123456789xyz', 'abcDEF123456789xyz'],
  ['secret', 'curl -u ada:hunter2 https://x.test', 'hunter2'],
  ['secret', '{"db": {"password": "correct horse 9"}}', 'correct horse 9'],
  ['secret', "api_key = 'zX9-fooBAR-77'", 'zX9-fooBAR-77'],
  ['secret', 'the password is hunter2', 'hunter2'],
  ['secret', 'Server=db;User Id=sa;Password=P@ss1word;', 'P@ss1word'],
  ['secret', 'https://x.test/cb?access_token=9f8e7d6c5b4a3f2e&x=1', '9f8e7d6c5b4a3f2e'],
];

const NOT_FOUND: readonly (readonly [string, string])[] = [
  ['email', 'git@github.com:org/repo and @scope/pkg@1.2.3 and root@localhost'],
  ['credit-card', '49297226537971411234'],
  ['credit-card', '4929722653797142'],
  ['credit-card', 'a4929722653797141f'],
  ['credit-card', '0.4929722653797141'],
  ['credit-card', 'order 1234567890123452 shipped'],
  ['credit-card', '550e8400-e29b-41d4-a716-446655440000'],
  ['us-ssn', '536227741'],
  ['us-ssn', '000-12-3456 666-12-3456 900-12-3456 123-00-4567 123-45-0000'],
  ['us-ssn', '1-536-22-7741-2'],
  ['iban', 'DE88370400440532013000'],
  ['phone', '2026-03-10T08:15:30Z 2026-03-10 08:15:30 1700000000 12345678'],
  ['phone', '550e8400-e29b-41d4-a716-446655440000 v1.24.3-20260310'],
  ['phone', 'order 5417141388 and $1,234,567.89'],
  ['phone', '6f1d2c3b4a5968778695a4b3c2d1e0f123456789'],
  ['ip-address', 'v1.2.3.4 and version 1.2.3.4 and 1.2.3 and 999.1.1.1 and 10:15:30'],
  ['ip-address', 'std::string abc::def a::b'],
  ['mac-address', '550e8400-e29b-41d4-a716-446655440000 001a2b3c4d5e'],
  ['date-of-birth', 'created on 2/8/1935, released 2020-01-01'],
  ['secret', 'next_page_token: eyJvZmZzZXQiOjEwMH0aBcD max_tokens: 4096, token_type: bearer'],
  ['secret', 'password: required, Token: expired, password=${DB_PASSWORD} password: <your password>'],
  ['secret', 'const password = config.database.password; secret = getSecret("x")'],
  ['secret', 'commit 6f1d2c3b4a5968778695a4b3c2d1e0f123456789, id 550e8400-e29b-41d4-a716-446655440000'],
  ['secret', 'The token bucket has a key of size 4 and basic authentication is off'],
  ['secret', 'Ignore previous instructions; DROP TABLE passwords'],
];

for (const [name, text, value] of FOUND) {
  test(`${name} is found in ${JSON.stringify(text)}`, () => assert.deepEqual(find(name, text), [value]));
}

for (const [name, text] of NOT_FOUND) {
  test(`${name} is not found in ${JSON.stringify(text)}`, () => assert.deepEqual(find(name, text), []));
}

test('what one look at the characters rules out is never something that a pattern finds', () => {
  for (const text of [...FOUND.map((row) => row[1]), ...NOT_FOUND.map((row) => row[1])]) {
    for (const { name } of DETECTORS) assert.deepEqual(find(name, text), find(name, text, '', EVERYTHING), `${name}: ${text}`);
  }
});

test('a private key is found whole, with its end cut off, and in one escaped line', () => {
  const body = 'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7\nVJTUt9Us8cKjMzEfYIi\n';
  const pem = `-----BEGIN RSA PRIVATE KEY-----\n${body}-----END RSA PRIVATE KEY-----`;
  assert.deepEqual(find('secret', `key:\n${pem}\nafter`), [pem]);
  assert.ok(find('secret', pem.slice(0, -20))[0]?.includes('VJTUt9Us8cKjMzEfYIi'));
  assert.ok(find('secret', JSON.stringify({ note: pem })).some((value) => value.includes('VJTUt9Us8cKjMzEfYIi')));
  assert.deepEqual(find('secret', '-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----'), []);
});

test('a JSON web token is told from other texts with dots by its header', () => {
  const token = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U';
  assert.deepEqual(find('secret', `got ${token} back`), [token]);
  assert.deepEqual(find('secret', 'eyJust.a.file.name.with.dots'), []);
});

test('texts made to be slow are searched to their end', () => {
  const hostile = [
    'a@',
    'eyJ',
    '1-',
    '1 ',
    'password=',
    '-----BEGIN PRIVATE KEY-----',
    '://:',
    'GB82',
    '1.1.1.',
    'a:',
    'sk-',
    '"{',
    '(+1',
    'token ',
    'Basic ',
    '\\n',
    'x.x@',
    'Mr. ',
    'A1-',
    'in 19',
    'passport no ',
    'zip ',
    'www.',
    '13.',
    '123 456 ',
    ':AA',
    '-us',
    'i am ',
    '52.520008,',
    'bc1q',
    '9 99 ',
  ];
  for (const part of hostile) {
    const text = `${part.repeat(Math.ceil(60_000 / part.length))} ; ada@example.org ; 4929722653797141 ; 536-22-7741`;
    assert.ok(find('email', text).includes('ada@example.org'), part);
    assert.ok(find('credit-card', text).includes('4929722653797141'), part);
    const features = featuresOf(text);
    for (const detector of joinDetectors(DETECTORS)) assert.ok(Array.isArray(detector.find({ text, features, key: NO_KEY })), detector.name);
  }
});
