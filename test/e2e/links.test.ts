/** The page of a one-time link in a real Chromium that runs no script. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { chromium, type Browser } from 'playwright-core';
import { startTestApi, type TestApi } from '../../src/api/testing.ts';
import { startReceiver, type Receiver } from '../support/receiver.ts';
import { until } from '../support/until.ts';

let api: TestApi;
let receiver: Receiver;
let browser: Browser;

before(async () => {
  process.env['LINKS_E2E_SECRET'] = 'a secret of this test';
  receiver = await startReceiver(() => ({}));
  api = await startTestApi({ notify: [{ webhook: { url: `${receiver.url}/hook`, secret: { env: 'LINKS_E2E_SECRET' }, people: ['lead'] } }] });
  browser = await chromium.launch({ executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
});
after(async () => {
  await browser.close();
  await api.close();
  await receiver.close();
});

test('a link is opened, read and answered without script, and opening it twice answers nothing', async () => {
  const { id } = await api.hold('scientist', 'update_deployment', '{"model":"fraud\u202Ereversed"}');
  const { json } = await until('the notice', () => receiver.received.find((one) => one.json.data.id === id));
  const context = await browser.newContext({ javaScriptEnabled: false });
  try {
    const page = await context.newPage();
    await page.goto(json.data.links[0]?.url ?? '');
    await page.reload();
    assert.equal((await api.approvals.get(id))?.status, 'pending');
    assert.match((await page.locator('pre').textContent()) ?? '', /fraud\\u\{202e\}reversed/);
    await page.getByLabel('Reason').fill('read and checked');
    await page.getByRole('button', { name: 'Approve' }).click();
    await page.getByText('The approval is granted').waitFor();
    assert.partialDeepStrictEqual((await api.approvals.get(id))?.answers, [{ approver: { name: 'lead' }, reason: 'read and checked' }]);
  } finally {
    await context.close();
  }
});
