import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Webhook } from 'standardwebhooks';
import { webhookHeaders } from './webhook-signature.ts';

const body = '{"type":"audit.events","text":"é"}';
const message = (): { readonly id: string; readonly seconds: number; readonly body: string } => ({ id: 'msg_1', seconds: Math.floor(Date.now() / 1000), body });

test("the receivers' own library takes the signature, and refuses it over other words", () => {
  const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
  const headers = { ...webhookHeaders(secret, message()) };
  assert.deepEqual(new Webhook(secret).verify(body, headers), JSON.parse(body));
  assert.throws(() => new Webhook(secret).verify(body.replace('events', 'Events'), headers));
  assert.throws(() => new Webhook('whsec_b3RoZXI=').verify(body, headers));
});

test('a secret without the prefix is used as it is written', () => {
  const secret = 'plain words';
  const headers = { ...webhookHeaders(secret, message()) };
  assert.deepEqual(new Webhook(secret, { format: 'raw' }).verify(body, headers), JSON.parse(body));
});
