import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeVerifier } from '../../credential/scram-verifier.ts';
import { answerClient, greetServer } from './scram.ts';

const channel = Buffer.alloc(32, 9);
const verifier = await makeVerifier('pencil', Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64'), 4096);

interface Ends {
  readonly client?: Buffer | 'plain';
  readonly server?: Buffer | 'plain';
  readonly offered?: readonly string[];
}

const ended = (end: Buffer | 'plain'): Buffer | undefined => (end === 'plain' ? undefined : end);

async function exchange(password: string, { client = channel, server = channel, offered = ['SCRAM-SHA-256', 'SCRAM-SHA-256-PLUS'] }: Ends = {}) {
  const greeting = greetServer({ password, nonce: 'rOprNGfwEbeRWgbNEkqO', mechanisms: offered, endPoint: ended(client) });
  const answer = answerClient({
    mechanism: greeting.mechanism,
    clientFirst: greeting.first,
    verifier,
    nonce: '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0',
    endPoint: ended(server),
  });
  const last = answer.finish(await greeting.answer(answer.first));
  return { mechanism: greeting.mechanism, last, accepted: last !== undefined && greeting.accepts(last) };
}

test('the exchange of RFC 7677 has the values of RFC 7677', async () => {
  const greeting = greetServer({ password: 'pencil', nonce: 'rOprNGfwEbeRWgbNEkqO', mechanisms: ['SCRAM-SHA-256'], endPoint: undefined });
  // The RFC sends a user name here; PostgreSQL sends none, so only what follows from the nonce and the salt is the same.
  const first = 'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096';
  const answer = answerClient({
    mechanism: 'SCRAM-SHA-256',
    clientFirst: 'n,,n=user,r=rOprNGfwEbeRWgbNEkqO',
    verifier,
    nonce: '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0',
    endPoint: undefined,
  });
  assert.equal(answer.first, first);
  const last = answer.finish('c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=');
  assert.equal(last, 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=');
  assert.match(await greeting.answer(first), /^c=biws,r=/);
});

test('who knows the password is let in, bound to the channel where both can', async () => {
  assert.deepEqual(await exchange('pencil'), { mechanism: 'SCRAM-SHA-256-PLUS', last: (await exchange('pencil')).last, accepted: true });
  assert.equal((await exchange('pencil', { client: 'plain', server: 'plain' })).mechanism, 'SCRAM-SHA-256');
  assert.equal((await exchange('pen')).last, undefined);
});

test('a channel that is another one, and a downgrade, are noticed', async () => {
  assert.equal((await exchange('pencil', { server: Buffer.alloc(32, 1) })).last, undefined);
  await assert.rejects(exchange('pencil', { offered: ['SCRAM-SHA-256'] }), /without the channel binding/);
});

test('a server may not ask for more rounds than can be borne, nor take another nonce', async () => {
  const greeting = greetServer({ password: 'x', nonce: 'abc', mechanisms: ['SCRAM-SHA-256'], endPoint: undefined });
  for (const first of [
    'r=abcd,s=AAAA,i=2147483648',
    'r=abcd,s=AAAA,i=100001',
    'r=abcd,s=AAAA,i=0',
    'r=xyz,s=AAAA,i=4096',
    'r=abc,s=AAAA,i=4096',
    'e=other-error',
    '',
  ])
    await assert.rejects(greeting.answer(first), /SCRAM/, first);
  assert.equal(greeting.accepts('v=AAAA'), false);
});

test('a client may not send what is no SCRAM', () => {
  const base = { mechanism: 'SCRAM-SHA-256', verifier, nonce: 'n', endPoint: undefined };
  for (const clientFirst of ['', 'n,,', 'n,a=admin,n=,r=x', 'p=tls-unique,,n=,r=x', `n,,n=,r=${'x'.repeat(300)}`, `n,,n=,r=${'x'.repeat(3000)}`])
    assert.throws(() => answerClient({ ...base, clientFirst }), /SCRAM/, clientFirst.slice(0, 40));
  const answer = answerClient({ ...base, clientFirst: 'n,,n=,r=x' });
  for (const last of ['', 'c=biws,r=other,p=AAAA', 'c=biws,r=xn,p=AAAA']) assert.throws(() => answer.finish(last), /SCRAM/, last);
});
