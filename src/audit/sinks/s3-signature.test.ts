import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { test } from 'node:test';
import { Secret } from '../../core/secret.ts';
import { signedHeaders } from './s3-signature.ts';

const credential = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: new Secret('wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY') };
const at = new Date('2013-05-24T00:00:00Z');
const host = 'https://examplebucket.s3.amazonaws.com';

/** The examples of the documentation of Signature Version 4 for S3. */
const EXAMPLES = [
  {
    name: 'GET of a part of an object',
    method: 'GET',
    path: '/test.txt',
    headers: { Range: 'bytes=0-9' },
    body: '',
    signature: 'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
  },
  {
    name: 'PUT of an object whose name must be encoded',
    method: 'PUT',
    path: '/test%24file.text',
    headers: { Date: 'Fri, 24 May 2013 00:00:00 GMT', 'x-amz-storage-class': 'REDUCED_REDUNDANCY' },
    body: 'Welcome to Amazon S3.',
    signature: '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
  },
  {
    name: 'GET of a subresource without a value',
    method: 'GET',
    path: '/?lifecycle',
    headers: {},
    body: '',
    signature: 'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
  },
  {
    name: 'a listing with parameters',
    method: 'GET',
    path: '/?max-keys=2&prefix=J',
    headers: {},
    body: '',
    signature: '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
  },
];

for (const { name, method, path, headers, body, signature } of EXAMPLES) {
  test(`the signature is that of the documentation: ${name}`, () => {
    const signed = signedHeaders({ method, url: new URL(path, host), headers, payloadHash: hash('sha256', body, 'hex') }, credential, 'us-east-1', at);
    assert.equal(signed['authorization']?.split('Signature=')[1], signature);
  });
}

test("a session's token is signed with the rest, and the secret is in no header", () => {
  const request = { method: 'GET', url: new URL(host), headers: {}, payloadHash: hash('sha256', '', 'hex') };
  const signed = signedHeaders(request, { ...credential, sessionToken: new Secret('token') }, 'us-east-1', at);
  assert.equal(signed['x-amz-security-token'], 'token');
  assert.match(signed['authorization'] ?? '', /SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token,/);
  assert.ok(!JSON.stringify(signed).includes('bPxRfiCY'));
});
