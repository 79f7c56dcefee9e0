import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { mintToken } from './mint.ts';
import { isAuthenticated } from './outcome.ts';
import { GATEWAY_URL, NOW, startTestAuthenticator, type TestAuthenticator } from './test-authenticator.ts';
import { signTestToken, type TestKey } from './test-issuer.ts';

let rig: TestAuthenticator;

before(async () => {
  rig = await startTestAuthenticator();
});

after(() => rig?.close());

describe('the gateway’s own tokens', () => {
  const subject = { kind: 'workload', id: 'ci', name: 'ci', groups: ['ci'], issuer: 'local' } as const;
  const mint = (target: string): Promise<{ token: string }> =>
    mintToken({ keys: rig.own, subject, target, url: GATEWAY_URL, ttlMs: 600_000, clientId: 'sallyport', now: NOW });

  test('bring the same subject back, on their one target only', async () => {
    const { token } = await mint('models');
    const result = await rig.authenticator().authenticate(`Bearer ${token}`, 'models');
    assert.ok(isAuthenticated(result));
    assert.deepEqual(result.subject, subject);
    assert.equal(result.clientId, 'sallyport');
    assert.equal(await rig.outcome(token, 'payroll'), 'audience');
  });

  test('bring the person behind an agent back too', async () => {
    const agent = { ...subject, kind: 'ai-agent', id: 'a', name: 'helper', onBehalfOf: { ...subject, kind: 'person', id: 'ann', name: 'ann' } } as const;
    const { token } = await mintToken({ keys: rig.own, subject: agent, target: 'models', url: GATEWAY_URL, ttlMs: 600_000, clientId: '', now: NOW });
    const result = await rig.authenticator().authenticate(`Bearer ${token}`, 'models');
    assert.ok(isAuthenticated(result));
    assert.deepEqual(result.subject, agent);
  });

  test('name the person as their subject and the agent as the actor, one of each and no chain', async () => {
    const key = { kid: rig.own.current.kid, alg: 'EdDSA', privateKey: rig.own.current.privateKey, publicKey: rig.own.current.privateKey, jwk: {} } as TestKey;
    const ann = { sub: 'ann', name: 'ann', kind: 'person', idp: 'local', groups: ['staff'] };
    const helper = { sub: 'h', name: 'helper', kind: 'ai-agent', idp: 'local', groups: [] };
    const tokenWith = (more: object): Promise<string> =>
      signTestToken({ key, claims: rig.claims({ iss: GATEWAY_URL, aud: `${GATEWAY_URL}/mcp/models`, ...ann, ...more }), header: { typ: 'at+jwt' } });
    const result = await rig.authenticator().authenticate(`Bearer ${await tokenWith({ act: helper })}`, 'models');
    assert.ok(isAuthenticated(result));
    assert.deepEqual([result.subject.name, result.subject.kind, result.subject.onBehalfOf?.name], ['helper', 'ai-agent', 'ann']);
    for (const act of [
      { ...helper, act: helper },
      { ...helper, kind: 'person' },
      { ...helper, kind: 'workload' },
      { ...helper, sub: '' },
      'helper',
      null,
      [helper],
    ])
      assert.equal(await rig.outcome(await tokenWith({ act })), 'invalid', JSON.stringify(act));
    assert.equal(await rig.outcome(await tokenWith({ kind: 'workload', act: helper })), 'invalid');
    assert.equal(await rig.outcome(await tokenWith({ ...helper, act: helper })), 'invalid');
  });

  test('end when they say, and are no token of another gateway', async () => {
    const { token } = await mint('models');
    assert.equal(await rig.outcome(token, 'models', { now: () => NOW + 600_000 + 30_000 }), 'expired');
    assert.equal(await rig.outcome(token, 'models', { url: 'http://elsewhere.test' }), 'invalid');
  });

  test('cannot be made by an issuer that signs in the gateway’s name', async () => {
    assert.equal(
      await rig.outcome(
        await signTestToken({
          key: rig.keys.ed,
          claims: rig.claims({ iss: GATEWAY_URL, idp: 'local', kind: 'person', name: 'lead' }),
          header: { typ: 'at+jwt' },
        }),
      ),
      'invalid',
    );
  });

  test('need their own type, so that other signed documents of the gateway never pass for them', async () => {
    const signing = rig.own.current;
    const key = { kid: signing.kid, alg: 'EdDSA', privateKey: signing.privateKey, publicKey: signing.privateKey, jwk: {} } as TestKey;
    const body = rig.claims({ iss: GATEWAY_URL, aud: `${GATEWAY_URL}/mcp/models`, name: 'ann', kind: 'person', idp: 'local' });
    assert.equal(await rig.outcome(await signTestToken({ key, claims: body, header: { typ: 'at+jwt' } })), 'ok');
    assert.equal(await rig.outcome(await signTestToken({ key, claims: body, header: { typ: 'JWT' } })), 'invalid');
    assert.equal(
      await rig.outcome(
        await signTestToken({ key, claims: { ...body, aud: [`${GATEWAY_URL}/mcp/models`, `${GATEWAY_URL}/mcp/payroll`] }, header: { typ: 'at+jwt' } }),
      ),
      'audience',
    );
  });
});
