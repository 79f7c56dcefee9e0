import assert from 'node:assert/strict';
import { createHmac, createSign, KeyObject } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { exportSPKI } from 'jose';
import { isAuthenticated } from './outcome.ts';
import { startTestAuthenticator, type TestAuthenticator } from './test-authenticator.ts';
import { joinToken, signTestToken, testKey } from './test-issuer.ts';

let rig: TestAuthenticator;

before(async () => {
  rig = await startTestAuthenticator();
});

after(() => rig?.close());

describe('the signature', () => {
  const unsigned = (header: Record<string, unknown>, signature: Buffer | string): string => joinToken(header, rig.claims(), signature);

  for (const alg of ['none', 'None', 'nOnE', 'NONE', '']) {
    test(`of algorithm "${alg}" is refused, with and without signature bytes`, async () => {
      assert.equal(await rig.outcome(unsigned({ alg, kid: 'rsa' }, '')), 'invalid');
      assert.equal(await rig.outcome(unsigned({ alg, kid: 'rsa' }, 'x'.repeat(64))), 'invalid');
    });
  }

  test('by HMAC with the public key as secret is refused', async () => {
    const pem = await exportSPKI(rig.keys.rsa.publicKey);
    const signed = unsigned({ alg: 'HS256', kid: 'rsa' }, '').slice(0, -1);
    for (const secret of [pem, pem.trim(), '']) {
      assert.equal(await rig.outcome(`${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`), 'invalid');
    }
  });

  test('of a stranger is refused, also where the header points to the stranger’s key', async () => {
    const hostile = [
      {},
      { jku: `${rig.issuer.url}/evil` },
      { x5u: `${rig.issuer.url}/evil` },
      { jwk: rig.keys.stranger.jwk },
      { kid: '../../../../dev/null' },
      { kid: `${rig.issuer.url}/evil` },
    ];
    for (const header of hostile) assert.equal(await rig.outcome(await signTestToken({ key: rig.keys.stranger, claims: rig.claims(), header })), 'invalid');
    assert.ok(!rig.issuer.requests.includes('/evil'));
  });

  test('is held against the algorithm that fits the key, whatever the header says', async () => {
    const crossed = joinToken({ alg: 'ES256', kid: 'rsa' }, rig.claims(), Buffer.alloc(64, 1));
    assert.equal(await rig.outcome(crossed), 'invalid');
    const ps256 = await testKey('rsa', 'PS256');
    assert.equal(await rig.outcome(await signTestToken({ key: ps256, claims: rig.claims() })), 'invalid');
  });

  test('of zeros, of the wrong length or in DER is refused', async () => {
    const signed = joinToken({ alg: 'ES256', kid: 'ec', typ: 'JWT' }, rig.claims(), '').slice(0, -1);
    const der = createSign('sha256').update(signed).sign(KeyObject.from(rig.keys.ec.privateKey));
    for (const signature of [Buffer.alloc(64), Buffer.alloc(63, 1), Buffer.alloc(1), der]) {
      assert.equal(await rig.outcome(`${signed}.${signature.toString('base64url')}`), 'invalid');
    }
    const right = createSign('sha256')
      .update(signed)
      .sign({ key: KeyObject.from(rig.keys.ec.privateKey), dsaEncoding: 'ieee-p1363' });
    assert.equal(await rig.outcome(`${signed}.${right.toString('base64url')}`), 'ok');
  });

  test('that holds for other claims is refused', async () => {
    const [header = '', , signature = ''] = (await signTestToken({ key: rig.keys.ec, claims: rig.claims() })).split('.');
    assert.equal(
      await rig.outcome(`${header}.${Buffer.from(JSON.stringify(rig.claims({ groups: ['admins'] }))).toString('base64url')}.${signature}`),
      'invalid',
    );
  });

  test('of a token with critical extensions is refused, because none is understood', async () => {
    const signed = `${Buffer.from(JSON.stringify({ alg: 'ES256', kid: 'ec', crit: ['exp'], exp: 1 })).toString('base64url')}.${Buffer.from(JSON.stringify(rig.claims())).toString('base64url')}`;
    const signature = createSign('sha256')
      .update(signed)
      .sign({ key: KeyObject.from(rig.keys.ec.privateKey), dsaEncoding: 'ieee-p1363' });
    assert.equal(await rig.outcome(`${signed}.${signature.toString('base64url')}`), 'invalid');
  });
});

describe('the form of the token and its header', () => {
  test('no header is missing; another scheme, two tokens or other spacing is invalid', async () => {
    const token = await signTestToken({ key: rig.keys.ec, claims: rig.claims() });
    const code = async (header: string | undefined): Promise<string> => {
      const result = await rig.authenticator().authenticate(header, 'models');
      return isAuthenticated(result) ? 'ok' : result.code;
    };
    assert.equal(await code(`BEARER ${token}`), 'ok');
    assert.equal(await code(undefined), 'missing');
    const malformed = [
      `Bearer  ${token}`,
      `Bearer\t${token}`,
      `Bearer ${token} `,
      `Bearer ${token}, Bearer ${token}`,
      `Bearer ${token},x`,
      'Bearer',
      'Bearer ',
      token,
      'Basic YTpi',
    ];
    for (const header of malformed) assert.equal(await code(header), 'invalid', header.slice(0, 20));
  });

  test('bad base64, bad JSON, duplicate members, two or four parts are refused', async () => {
    const [header = '', payload = '', signature = ''] = (await signTestToken({ key: rig.keys.ec, claims: rig.claims() })).split('.');
    const twice = Buffer.from(JSON.stringify(rig.claims()).replace('{', '{"sub":"admin",')).toString('base64url');
    const bad = [
      `${header}=.${payload}.${signature}`,
      `${header}.${payload}`,
      `${header}.${payload}.`,
      `${header}.${payload}.${signature}.${signature}`,
      `.${payload}.${signature}`,
    ];
    const worse = [
      `${header}.${twice}.${signature}`,
      `${header}.e30.${signature}`,
      `W10.${payload}.${signature}`,
      `${header}.bm90IGpzb24.${signature}`,
      'a',
      '...',
    ];
    for (const token of [...bad, ...worse]) assert.equal(await rig.outcome(token), 'invalid', token.slice(0, 30));
  });

  test('a token over 16 KiB is refused before it is read', async () => {
    assert.equal(await rig.outcomeOf({ filler: 'x'.repeat(10_000) }), 'ok');
    assert.equal(await rig.outcomeOf({ filler: 'x'.repeat(16_000) }), 'invalid');
  });

  test('refusals quote nothing from the token', async () => {
    const token = await signTestToken({ key: rig.keys.ec, claims: rig.claims({ sub: 'canary\n' }) });
    const result = await rig.authenticator().authenticate(`Bearer ${token}`, 'models');
    assert.ok(!JSON.stringify(result).includes('canary'));
  });
});
