import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { authorize, authorizeUrl, makeVerifier, startOAuthRig, type Browser, type OAuthRig } from './testing.ts';

/** Time stands still: nobody gets anything back. */
const AT = Date.now();
const PER_ADDRESS = 300;

let rig: OAuthRig;
let browser: Browser;

before(async () => {
  rig = await startOAuthRig({ now: () => AT });
  browser = await rig.browser('scientist');
});

after(() => rig?.close());

/** Pages that strangers open, and what they send there, by the path that has one limit for all below it. */
const PAGES = {
  'the page that asks, and the answer to it': ['/oauth/interaction/x', '/oauth/interaction/x'],
  'where an authorization begins, and where it goes on': ['/oauth/authorize', '/oauth/authorize/x'],
  'the page for codes, and the codes': ['/oauth/device', '/oauth/device'],
} as const;

test('a person’s way through them is within the limits', async () => {
  const clientId = String((await rig.register())['client_id']);
  assert.ok((await authorize(browser, authorizeUrl(rig, clientId, makeVerifier().challenge))).searchParams.get('code'));
});

for (const [what, [opened, sent]] of Object.entries(PAGES)) {
  test(`${what} are limited by address`, async () => {
    for (let nth = 0; nth < PER_ADDRESS; nth += 1) await browser.get(opened);
    const refused = opened === '/oauth/authorize' ? await browser.get(sent) : await browser.post(sent, { csrf: 'x', answer: 'allow' });
    assert.equal(refused.status, 429);
    assert.match(refused.text, /wait a minute/);
    assert.equal(refused.headers['retry-after'], '60');
    assert.match(String(refused.headers['content-type']), /text\/html/, 'a person reads it');
    assert.equal((await browser.get('/oauth/jwks')).status, 200, 'everything else goes on');
  });
}
