import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseJson, type JsonObject } from '../../core/json.ts';
import { claimText, compileMatch } from './claim-match.ts';

/** A token of a service account, as clusters project it. */
const POD = parseJson(
  '{"sub":"system:serviceaccount:ml:trainer","kubernetes.io":{"namespace":"ml","serviceaccount":{"name":"trainer","uid":"1"}},' +
    '"https://acme.example/team":"data","groups":["a"],"run_attempt":2,"ref_protected":true,"big":12345678901234567890}',
) as JsonObject;

test('a claim is found by its name, and within claims by its path', () => {
  const found = ['sub', 'kubernetes.io/namespace', 'kubernetes.io/serviceaccount/name', 'https://acme.example/team', 'run_attempt', 'ref_protected', 'big'];
  assert.deepEqual(
    found.map((claim) => claimText(POD, claim)),
    ['system:serviceaccount:ml:trainer', 'ml', 'trainer', 'data', '2', 'true', '12345678901234567890'],
  );
  for (const claim of ['kubernetes.io', 'kubernetes.io/serviceaccount', 'groups', 'groups/0', 'constructor', 'toString', '__proto__/x', 'sub/length', ''])
    assert.equal(claimText(POD, claim), undefined, claim);
});

test('every claim has to be one of its values, exactly or by a glob', () => {
  const check = compileMatch({ 'kubernetes.io/namespace': ['dev', 'ml'], sub: ['system:serviceaccount:ml:*'] });
  assert.equal(check(POD), undefined);
  assert.equal(compileMatch({ 'kubernetes.io/namespace': ['m'] })(POD), 'kubernetes.io/namespace');
  assert.equal(compileMatch({ sub: ['SYSTEM:*'] })(POD), 'sub');
  assert.equal(compileMatch({ 'kubernetes.io/namespace': ['ml'], environment: ['*'] })(POD), 'environment');
  assert.equal(compileMatch({ groups: ['a'] })(POD), 'groups');
});
