import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { Proofs, type ProofOf } from './dpop.ts';

const NOW = Date.parse('2026-11-21T12:00:00Z');
const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
const jwk = await exportJWK(publicKey);
const TOKEN = 'a-token';
const OF: ProofOf = { method: 'POST', url: 'https://gw.example/mcp/models', token: TOKEN };
const ATH = createHash('sha256').update(TOKEN).digest('base64url');
let ids = 0;

async function makeProof(claims: object = {}, header: object = {}, key = privateKey): Promise<string> {
  const payload = { htm: 'POST', htu: OF.url, ath: ATH, iat: NOW / 1000, jti: `proof-${(ids += 1)}`, ...claims };
  return new SignJWT(JSON.parse(JSON.stringify(payload)) as Record<string, unknown>)
    .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk, ...header })
    .sign(key);
}

const proofs = (): Proofs => new Proofs(() => NOW);

describe('a proof of possession', () => {
  test('shows whose key it is for the one request that it names', async () => {
    assert.deepEqual(await proofs().check(await makeProof(), OF), { thumbprint: await calculateJwkThumbprint(jwk) });
    assert.ok('thumbprint' in (await proofs().check(await makeProof({ htu: 'https://GW.example:443/mcp/models?x=1#y' }), OF)));
  });

  test('counts once', async () => {
    const seen = proofs();
    const proof = await makeProof();
    assert.ok('thumbprint' in (await seen.check(proof, OF)));
    assert.deepEqual(await seen.check(proof, OF), { problem: 'the DPoP proof was used before' });
    assert.ok('thumbprint' in (await seen.check(await makeProof(), OF)));
  });

  test('is worth nothing for another request, another token, another minute', async () => {
    const wrong: readonly object[] = [
      { htm: 'GET' },
      { htm: undefined },
      { htu: 'https://gw.example/mcp/payroll' },
      { htu: 'http://gw.example/mcp/models' },
      { htu: 'https://evil.example/mcp/models' },
      { htu: undefined },
      { htu: 5 },
      { ath: undefined },
      { ath: 'x' },
      { iat: NOW / 1000 - 61 },
      { iat: NOW / 1000 + 61 },
      { iat: undefined },
      { jti: '' },
      { jti: undefined },
      { jti: 'x'.repeat(300) },
    ];
    for (const change of wrong) assert.ok('problem' in (await proofs().check(await makeProof(change), OF)), JSON.stringify(change));
  });

  test('is signed by the key that it names, as a proof, with an algorithm of proofs', async () => {
    const other = await generateKeyPair('ES256');
    assert.ok('problem' in (await proofs().check(await makeProof({}, {}, other.privateKey), OF)));
    assert.ok('problem' in (await proofs().check(await makeProof({}, { typ: 'JWT' }), OF)));
    assert.ok('problem' in (await proofs().check(await makeProof({}, { jwk: await exportJWK(privateKey) }), OF)), 'a private key is not shown');
    assert.ok('problem' in (await proofs().check(await makeProof({}, { jwk: undefined }), OF)));
    const secret = new SignJWT({ htm: 'POST', htu: OF.url, ath: ATH, iat: NOW / 1000, jti: 'x' }).setProtectedHeader({
      alg: 'HS256',
      typ: 'dpop+jwt',
      jwk: { kty: 'oct' },
    });
    assert.ok('problem' in (await proofs().check(await secret.sign(new Uint8Array(32)), OF)));
    for (const text of [undefined, '', 'x', 'a.b.c', `${await makeProof()}, ${await makeProof()}`, 'x'.repeat(20_000)])
      assert.ok('problem' in (await proofs().check(text, OF)));
  });
});
