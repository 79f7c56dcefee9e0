import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { settingsFor, startHostileProvider, type HostileProvider } from '../../../test/support/hostile-provider.ts';
import { joinToken } from '../test-issuer.ts';
import { createOidcProvider } from './oidc-provider.ts';
import type { OidcSettings } from './settings.ts';

let hostile: HostileProvider;
before(async () => {
  hostile = await startHostileProvider();
});
after(() => hostile.close());

const open = (more: Partial<OidcSettings> = {}) => createOidcProvider({ name: 'corp', title: 'Corp', settings: settingsFor(hostile, more) });

describe('a logout token', () => {
  const EVENT = { 'http://schemas.openid.net/event/backchannel-logout': {} };
  const make = (claims: Record<string, unknown> = {}, header: Record<string, unknown> = {}, key = hostile.keys.ec): Promise<string> =>
    hostile.idToken(
      '',
      { nonce: undefined, email: undefined, groups: undefined, events: EVENT, jti: 'j1', sid: 's1', ...claims },
      { typ: 'logout+jwt', ...header },
      key,
    );
  const read = async (token: string) => open().readLogout?.(token);

  test('says whose stay ended', async () => {
    assert.deepEqual(await read(await make()), { issuer: hostile.issuer, id: 'j1', subject: '00u1', providerSession: 's1' });
    assert.deepEqual(await read(await make({ sid: undefined })), { issuer: hostile.issuer, id: 'j1', subject: '00u1' });
    const other = open({ claims: { id: 'oid', name: 'email', groups: 'groups' } });
    assert.deepEqual(await other.readLogout?.(await make()), { issuer: hostile.issuer, id: 'j1', providerSession: 's1' });
  });

  test('of somebody else, for somebody else, of yesterday, or of another kind ends nothing', async () => {
    const now = Math.floor(Date.now() / 1000);
    const wrong = [
      { iss: 'https://other.example' },
      { aud: 'another' },
      { nonce: 'n' },
      { events: undefined },
      { events: { other: {} } },
      { events: [] },
      { jti: undefined },
      { iat: now - 3600 },
      { iat: now + 3600 },
      { exp: now - 60 },
      { sub: undefined, sid: undefined },
    ];
    for (const claims of wrong) await assert.rejects(async () => read(await make(claims)), { code: 'unauthenticated' }, JSON.stringify(claims));
    await assert.rejects(async () => read(await make({}, {}, hostile.keys.stranger)), { code: 'unauthenticated' });
    await assert.rejects(async () => read(await make({}, { typ: 'at+jwt' })), { code: 'unauthenticated' });
    await assert.rejects(async () => read(await hostile.idToken('n')), { code: 'unauthenticated' });
    for (const text of ['', 'x.y.z', joinToken({ alg: 'none' }, {}, '')]) await assert.rejects(async () => read(text), { code: 'unauthenticated' });
  });
});
