import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { isAuthenticated } from '../../identity/outcome.ts';
import { connect, startOAuthRig, type OAuthRig } from './testing.ts';

let rig: OAuthRig;

before(async () => {
  rig = await startOAuthRig();
});

after(() => rig?.close());

describe('a client that a person connects', () => {
  test('gets a token that the gateway takes for exactly the target it was asked for, with the groups of today', async () => {
    const { accessToken, answer, clientId } = await connect(rig);
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.json['token_type'], 'Bearer');
    assert.equal(answer.json['scope'], 'mcp:read mcp:write');
    const there = await rig.authenticator.authenticate(`Bearer ${accessToken}`, 'models');
    assert.ok(isAuthenticated(there), JSON.stringify(there));
    assert.deepEqual(there.subject, { kind: 'person', id: 'scientist', name: 'scientist', groups: ['data-science'], issuer: 'local' });
    assert.equal(there.clientId, clientId);
    assert.ok(there.expiresAt - Date.now() <= 10 * 60_000 + 1000);
    assert.ok(!isAuthenticated(await rig.authenticator.authenticate(`Bearer ${accessToken}`, 'payroll')));
  });
});
