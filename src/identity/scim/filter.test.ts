import assert from 'node:assert/strict';
import { test } from 'node:test';
import { equalTo, matches, parseFilter } from './filter.ts';

const ADA = {
  id: 'A1',
  userName: 'Ada@Example.com',
  externalId: 'X-1',
  active: true,
  name: { familyName: 'Lovelace', givenName: 'Ada' },
  emails: [
    { value: 'ada@example.com', type: 'work', primary: true },
    { value: 'ada@home.example', type: 'home' },
  ],
  meta: { created: '2026-11-21T12:00:00Z' },
};
const fits = (filter: string): boolean => matches(parseFilter(filter), ADA);

test('a filter finds what the specification says, in any letters but for identifiers', () => {
  const right = [
    'userName eq "ada@example.com"',
    'USERNAME Eq "ADA@EXAMPLE.COM"',
    'urn:ietf:params:scim:schemas:core:2.0:User:userName sw "ada"',
    'name.familyName co "love"',
    'name.familyName ew "LACE"',
    'externalId eq "X-1"',
    'active eq true',
    'active eq "True"',
    'title pr or not (title pr)',
    'title eq null',
    'emails[type eq "work" and value ew "example.com"]',
    'emails.type eq "home"',
    'meta.created ge "2026-01-01" and meta.created lt "2027"',
    'userName ne "bob" and (active eq false or externalId sw "X")',
    'userName eq "a\\"b" or id eq "A1"',
  ];
  for (const filter of right) assert.equal(fits(filter), true, filter);
});

test('and nothing else', () => {
  const wrong = [
    'userName eq "ada"',
    'externalId eq "x-1"',
    'id eq "a1"',
    'active eq false',
    'title pr',
    'emails[type eq "work" and value ew "home.example"]',
    'name.familyName gt "Z"',
    'userName eq "bob" or active eq false and id eq "A1"',
    'not (userName sw "ada")',
    'constructor pr',
  ];
  for (const filter of wrong) assert.equal(fits(filter), false, filter);
});

test('what is no filter is refused', () => {
  const bad = [
    '',
    '__proto__ pr',
    'userName',
    'userName eq',
    'userName eq ada',
    'userName like "a"',
    '(userName pr',
    'userName pr)',
    'userName eq "a',
    'eq "a"',
    'userName eq "a" and',
    "userName eq 'a'",
    'a.b.c eq "d"',
    'emails[type eq "a"',
    'userName eq "a" userName eq "b"',
    'userName eq "\u0000"',
    `userName eq "${'x'.repeat(3000)}"`,
    '('.repeat(30) + 'id pr' + ')'.repeat(30),
    Array(60).fill('id pr').join(' or '),
  ];
  for (const filter of bad) assert.throws(() => parseFilter(filter), { code: 'usage', scimType: 'invalidFilter' }, filter.slice(0, 40));
});

test('what is looked for by an identifier is looked up', () => {
  assert.equal(equalTo(parseFilter('userName eq "ada"'), 'userName'), 'ada');
  assert.equal(equalTo(parseFilter('active eq true and externalid eq "x"'), 'externalId'), 'x');
  assert.equal(equalTo(parseFilter('userName eq "ada" or active eq true'), 'userName'), undefined);
  assert.equal(equalTo(parseFilter('userName sw "ada"'), 'userName'), undefined);
  assert.equal(equalTo(parseFilter('not (userName eq "ada")'), 'userName'), undefined);
});
