import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Assertion, SamlAttribute } from './assertion.ts';
import { readProfile, type SamlAttributes } from './attributes.ts';

const PERSISTENT = 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent';
const NAMES: SamlAttributes = { missing: 'refuse', prefix: '', domains: [] };
const CLAIMS = 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims';
const MICROSOFT = 'http://schemas.microsoft.com';

function said(attributes: Readonly<Record<string, SamlAttribute['values']>>, more: Partial<Assertion> = {}): Assertion {
  return {
    id: '_1',
    issuer: 'urn:idp',
    nameId: { value: 'g-123', format: PERSISTENT },
    confirmations: [],
    notBefore: undefined,
    notOnOrAfter: undefined,
    audiences: [],
    attributes: Object.entries(attributes).map(([name, values]) => ({ name, values })),
    sessionEndsAt: undefined,
    sessionIndex: undefined,
    ...more,
  };
}

test('the shapes of Entra, Okta, Google, Keycloak and ADFS say who it is, by configuration only', () => {
  const shapes: readonly (readonly [Assertion, Partial<SamlAttributes>])[] = [
    [
      said({
        [`${MICROSOFT}/identity/claims/objectidentifier`]: ['ada-1'],
        [`${CLAIMS}/name`]: ['ada@example.com'],
        [`${MICROSOFT}/ws/2008/06/identity/claims/groups`]: ['g1', 'g2'],
      }),
      { id: `${MICROSOFT}/identity/claims/objectidentifier`, name: `${CLAIMS}/name`, groups: `${MICROSOFT}/ws/2008/06/identity/claims/groups` },
    ],
    [said({ email: ['ada@example.com'], groups: ['g1', 'g2'] }, { nameId: { value: 'ada-1', format: PERSISTENT } }), { name: 'email', groups: 'groups' }],
    [said({ id: ['ada-1'], email: ['ada@example.com'], groups: ['g1', 'g2'] }), { id: 'id', name: 'email', groups: 'groups' }],
    // Keycloak sends one attribute for each role unless it is told otherwise.
    [
      {
        ...said({ uid: ['ada-1'], email: ['ada@example.com'] }),
        attributes: [...said({ uid: ['ada-1'], email: ['ada@example.com'], Role: ['g1'] }).attributes, { name: 'Role', values: ['g2'] }],
      },
      { id: 'uid', name: 'email', groups: 'Role' },
    ],
    [
      said({ [`${CLAIMS}/upn`]: ['ada@example.com'], [`${MICROSOFT}/ws/2008/06/identity/claims/primarysid`]: ['ada-1'], [`${CLAIMS}/Group`]: ['g1', 'g2'] }),
      { id: `${MICROSOFT}/ws/2008/06/identity/claims/primarysid`, name: `${CLAIMS}/upn`, groups: `${CLAIMS}/Group` },
    ],
  ];
  for (const [assertion, names] of shapes)
    assert.deepEqual(readProfile(assertion, { ...NAMES, ...names }), { issuer: 'urn:idp', id: 'ada-1', name: 'ada@example.com', groups: ['g1', 'g2'] });
});

test('who is in no group is let in only where leaving the attribute out is said to mean that', () => {
  const names = { ...NAMES, groups: 'groups' };
  assert.deepEqual(readProfile(said({}), { ...names, missing: 'none' }).groups, []);
  assert.deepEqual(readProfile(said({ groups: [] }), names).groups, []);
  assert.throws(() => readProfile(said({}), names), { code: 'unauthenticated', message: /groups is missing/ });
});

test('groups that Entra only points to are not taken for none', () => {
  const assertion = said({ [`${MICROSOFT}/claims/groups.link`]: ['https://graph.example/groups'] });
  for (const missing of ['none', 'refuse'] as const)
    assert.throws(() => readProfile(assertion, { ...NAMES, groups: 'groups', missing }), { message: /too many for the assertion/ });
});

test('an id or a name that is missing, empty, there twice or more than text is none', () => {
  const names = { ...NAMES, id: 'id', name: 'email' };
  assert.equal(readProfile(said({ id: ['1'], email: ['ada@example.com'] }), names).name, 'ada@example.com');
  for (const attributes of [
    {},
    { id: ['1'] },
    { email: ['a'] },
    { id: [], email: ['a'] },
    { id: ['1', '2'], email: ['a'] },
    { id: ['1'], email: [''] },
    { id: ['1'], email: undefined },
    { id: ['1'], email: ['a\u202e'] },
    { id: ['1'], email: ['a\nb'] },
  ])
    assert.throws(() => readProfile(said(attributes), names), { code: 'unauthenticated' }, JSON.stringify(attributes));
  for (const groups of [['a,b'], [''], [' a'], undefined])
    assert.throws(() => readProfile(said({ groups }), { ...NAMES, groups: 'groups' }), { code: 'unauthenticated' });
});

test('a NameID that is another one each time is no id', () => {
  assert.equal(readProfile(said({}), NAMES).id, 'g-123');
  const transient = said({ uid: ['ada'] }, { nameId: { value: 'x', format: 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient' } });
  assert.throws(() => readProfile(transient, NAMES), { message: /another one at every sign-in/ });
  assert.equal(readProfile(transient, { ...NAMES, id: 'uid' }).id, 'ada');
  assert.throws(() => readProfile(said({}, { nameId: undefined }), NAMES), { code: 'unauthenticated' });
});

test('a provider speaks for its own domains only, and its groups are told apart from others', () => {
  const names = { ...NAMES, name: 'email', groups: 'groups', domains: ['example.com'], prefix: 'corp:' };
  assert.deepEqual(readProfile(said({ email: ['ada@example.com'], groups: ['ops', 'ops'] }), names).groups, ['corp:ops']);
  for (const email of ['ada@other.example', 'ada', 'ada@evil.example@example.com', 'ada@example.com.evil.example'])
    assert.throws(() => readProfile(said({ email: [email], groups: [] }), names), { message: /domain/ }, email);
});
