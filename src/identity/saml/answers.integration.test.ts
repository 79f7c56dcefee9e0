import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onBothDatabases } from '../../../test/support/databases.ts';
import { openSamlAnswers } from './answers.ts';

const ANN = { issuer: 'urn:idp', id: 'u-1', name: 'ann@example.com', groups: ['staff'], providerSession: 's1' };
const START = Date.parse('2026-11-21T12:00:00Z');

onBothDatabases(({ open }) => {
  test('an answer is given once, to its attempt at its provider, by whichever process', async () => {
    const storage = await open();
    const [one, two] = [openSamlAnswers(storage, () => START), openSamlAnswers(storage, () => START)];
    assert.equal(await one.put('corp', 'state-1', ANN), true);
    assert.equal(await two.put('corp', 'state-1', { ...ANN, id: 'u-2' }), false);
    assert.equal(await two.take('corp', 'state-2'), undefined);
    assert.equal(await two.take('other', 'state-1'), undefined);
    const taken = await Promise.all(Array.from({ length: 6 }, (_, n) => (n % 2 === 0 ? one : two).take('corp', 'state-1')));
    assert.deepEqual(
      taken.filter((each) => each !== undefined),
      [ANN],
    );
    await storage.close();
  });

  test('an answer that nobody comes for is forgotten, and the state itself is not kept', async () => {
    const storage = await open();
    let now = START;
    const answers = openSamlAnswers(storage, () => now);
    await answers.put('corp', 'state-1', ANN);
    const [row] = await storage.db.selectFrom('saml_answers').selectAll().execute();
    assert.doesNotMatch(JSON.stringify(row), /state-1/);
    now += 5 * 60_000;
    assert.equal(await answers.take('corp', 'state-1'), undefined);
    await answers.put('corp', 'state-2', ANN);
    assert.equal((await storage.db.selectFrom('saml_answers').selectAll().execute()).length, 1);
    await storage.close();
  });
});
