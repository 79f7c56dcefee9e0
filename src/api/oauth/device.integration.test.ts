import assert from 'node:assert/strict';
import { after, before, describe, mock, test } from 'node:test';
import { isAuthenticated } from '../../identity/outcome.ts';
import { csrfOf, startOAuthRig, type OAuthRig } from './testing.ts';

const GRANT = 'urn:ietf:params:oauth:grant-type:device_code';

let rig: OAuthRig;
let clientId: string;

before(async () => {
  rig = await startOAuthRig();
  clientId = String((await rig.register({ redirect_uris: undefined, grant_types: [GRANT, 'refresh_token'] }))['client_id']);
});

after(() => rig?.close());

async function begin(more: Readonly<Record<string, string>> = {}) {
  const form = new URLSearchParams({ client_id: clientId, resource: `${rig.api.url}/mcp/models/`, ...more });
  const reply = await fetch(`${rig.api.url}/oauth/device-authorization`, { method: 'POST', body: form });
  return { status: reply.status, json: (await reply.json()) as Record<string, string> };
}

const poll = (code: string | undefined, id = clientId) => rig.token({ grant_type: GRANT, client_id: id, device_code: code ?? '' });

/** Types the code in, and answers. */
async function answer(name: string, code: string | undefined, said: 'allow' | 'deny') {
  const browser = await rig.browser(name);
  const csrf = csrfOf((await browser.get('/oauth/device')).text);
  const asked = await browser.post('/oauth/device', { csrf, code: code ?? '' });
  if (asked.status !== 200) return asked;
  return browser.post('/oauth/device', { csrf, code: code ?? '', answer: said });
}

describe('a device without a browser', () => {
  test('is let in by a person who types its code, for one target, once', async () => {
    const { json } = await begin();
    assert.equal(json['verification_uri'], `${rig.api.url}/oauth/device`);
    assert.equal(json['verification_uri_complete'], undefined, 'a code in an address is one that somebody else can send');
    assert.equal((await poll(json['device_code'])).json['error'], 'authorization_pending');

    const said = await answer('scientist', json['user_code']?.toLowerCase().replace('-', ' '), 'allow');
    assert.match(said.text, /connected/);
    const token = await poll(json['device_code']);
    assert.equal(token.status, 200, token.text);
    const outcome = await rig.authenticator.authenticate(`Bearer ${String(token.json['access_token'])}`, 'models');
    assert.ok(isAuthenticated(outcome) && outcome.subject.name === 'scientist');
    assert.equal((await poll(json['device_code'])).json['error'], 'invalid_grant');
    assert.equal((await answer('scientist', json['user_code'], 'allow')).status, 400, 'the code was used');
  });

  test('gets nothing from who says no', async () => {
    const { json } = await begin();
    assert.match((await answer('scientist', json['user_code'], 'deny')).text, /refused/);
    assert.equal((await poll(json['device_code'])).json['error'], 'access_denied');
    assert.equal((await answer('scientist', json['user_code'], 'allow')).status, 400);
  });

  test('gets nothing for a target out of reach: the code is like one that does not exist', async () => {
    const { json } = await begin({ resource: `${rig.api.url}/mcp/payroll` });
    const [unreachable, unknown] = [await answer('scientist', json['user_code'], 'allow'), await answer('scientist', 'BBBB-BBBB', 'allow')];
    assert.deepEqual([unreachable.status, unknown.status], [400, 400]);
    const without = (text: string): string => text.replaceAll(/value="[^"]*"/g, '');
    assert.equal(without(unreachable.text), without(unknown.text));
    assert.equal((await poll(json['device_code'])).json['error'], 'authorization_pending');
  });

  test('has a code of its own client, and not for ever', async () => {
    const { json } = await begin();
    const other = String((await rig.register({ redirect_uris: undefined, grant_types: [GRANT] }))['client_id']);
    assert.equal((await poll(json['device_code'], other)).json['error'], 'invalid_grant');
    assert.equal((await poll('invented')).json['error'], 'invalid_grant');
    mock.timers.enable({ apis: ['Date'], now: Date.now() + 11 * 60_000 });
    try {
      assert.equal((await poll(json['device_code'])).json['error'], 'expired_token');
      assert.equal((await answer('scientist', json['user_code'], 'allow')).status, 400);
    } finally {
      mock.timers.reset();
    }
  });

  test('asks for one target that there may be, or is refused at once', async () => {
    assert.equal((await begin({ resource: 'https://evil.example/mcp/models' })).json['error'], 'invalid_target');
    assert.equal((await begin({ resource: '' })).json['error'], 'invalid_target');
    assert.equal((await begin({ client_id: 'nobody' })).json['error'], 'invalid_client');
  });
});

describe('the page for codes', () => {
  test('is for who is signed in, and shows whose device it is before anything is answered', async () => {
    const stranger = await rig.browser();
    const sent = await stranger.get('/oauth/device');
    assert.deepEqual([sent.status, sent.headers.location], [303, '/continue?to=%2Foauth%2Fdevice']);

    const { json } = await begin();
    const browser = await rig.browser('scientist');
    const csrf = csrfOf((await browser.get('/oauth/device')).text);
    const asked = await browser.post('/oauth/device', { csrf, code: json['user_code'] ?? '' });
    for (const text of [clientId, 'models', '127.0.0.1', 'only if you started this']) assert.ok(asked.text.includes(text), text);
    assert.equal((await poll(json['device_code'])).json['error'], 'authorization_pending');
  });

  test('takes an answer from nobody else, and not many guesses', async () => {
    const { json } = await begin();
    const [browser, other] = [await rig.browser('scientist'), await rig.browser('colleague')];
    const csrf = csrfOf((await browser.get('/oauth/device')).text);
    const form = { csrf, code: json['user_code'] ?? '', answer: 'allow' };
    assert.equal((await other.post('/oauth/device', form)).status, 403);
    assert.equal((await (await rig.browser()).post('/oauth/device', form)).status, 403);
    assert.equal((await browser.post('/oauth/device', form, { origin: 'https://evil.example' })).status, 403);
    const statuses: number[] = [];
    for (let guess = 0; guess < 12; guess += 1) statuses.push((await browser.post('/oauth/device', { csrf, code: 'BBBB-BBBB' })).status);
    assert.equal(statuses.at(-1), 429);
  });
});
