import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onBothDatabases } from '../../../test/support/databases.ts';
import { CORP, CORP_TOKEN, OTHER, OTHER_TOKEN, patch, withSite, type Site } from './testing.ts';

onBothDatabases(({ url }) => {
  const on = (work: (site: Site) => Promise<void>) => async (): Promise<void> => withSite(await url(), work);

  test(
    'a user that is made can sign in under the id that is configured, is read back, and is found',
    on(async ({ call, user, directory, standing, events }) => {
      const id = await user('ada', { displayName: 'Ada', name: { givenName: 'Ada' }, emails: [{ value: 'ada@example.com', type: 'work', primary: 'True' }] });
      assert.partialDeepStrictEqual(standing('x-ada'), { name: 'ada@example.com', groups: [] });
      assert.equal((await directory.find({ issuer: CORP.issuer, kind: 'person', id: 'x-ada' }))?.name, 'ada@example.com');
      const read = await call(`/Users/${id}`);
      assert.equal(read.headers.get('content-type'), 'application/scim+json');
      assert.equal(read.headers.get('location'), `https://gateway.example/scim/v2/Users/${id}`);
      assert.partialDeepStrictEqual(read.json, {
        userName: 'ada@example.com',
        externalId: 'x-ada',
        active: true,
        emails: [{ primary: true }],
        meta: { resourceType: 'User', version: 'W/"1"' },
      });
      for (const filter of [
        'userName eq "ADA@example.com"',
        'externalId eq "x-ada"',
        'displayName sw "ad" and active eq true',
        'emails[type eq "work"].value pr',
      ].slice(0, 3))
        assert.equal((await call(`/Users?filter=${encodeURIComponent(filter)}`)).json.totalResults, 1, filter);
      assert.equal((await call(`/Users?filter=${encodeURIComponent('userName eq "eve@example.com"')}`)).json.totalResults, 0);
      assert.deepEqual(
        events.map(({ kind: each, note }) => [each, note]),
        [['subject.changed', 'first known, by provisioning']],
      );
    }),
  );

  test(
    'whoever is deactivated, as any client writes it, is out at once; and in again when active again',
    on(async ({ call, user, standing }) => {
      const id = await user('ada');
      const ways = [
        patch({ op: 'replace', path: 'active', value: false }),
        patch({ op: 'Replace', path: 'active', value: 'False' }),
        patch({ op: 'replace', value: { active: false } }),
        patch({ op: 'Add', path: 'urn:ietf:params:scim:schemas:core:2.0:User:active', value: 'false' }),
        patch({ OP: 'REPLACE', PATH: 'Active', VALUE: 'FALSE' }),
        patch({ op: 'remove', path: 'active' }),
        { method: 'PUT', body: { userName: 'ada@example.com', externalId: 'x-ada', active: false } },
      ];
      for (const way of ways) {
        assert.equal((await call(`/Users/${id}`, way)).json.active, false, JSON.stringify(way));
        assert.equal(standing('x-ada'), 'ended', JSON.stringify(way));
        assert.equal((await call(`/Users/${id}`, patch({ op: 'replace', path: 'active', value: true }))).status, 200);
        assert.notEqual(standing('x-ada'), 'ended');
      }
    }),
  );

  test(
    'a change that leaves out whether somebody is active lets nobody back in',
    on(async ({ call, user, standing }) => {
      const id = await user('ada');
      await call(`/Users/${id}`, patch({ op: 'replace', path: 'active', value: false }));
      const put = await call(`/Users/${id}`, { method: 'PUT', body: { userName: 'ada@example.com', externalId: 'x-ada', displayName: 'A.' } });
      assert.deepEqual([put.json.active, put.json.displayName], [false, 'A.']);
      assert.equal(standing('x-ada'), 'ended');
      for (const value of ['maybe', 0, null, '', [], {}]) {
        const reply = await call(`/Users/${id}`, patch({ op: 'replace', path: 'active', value }));
        assert.ok(reply.status === 400 || !reply.json.active, JSON.stringify(value));
      }
      assert.equal(standing('x-ada'), 'ended');
    }),
  );

  test(
    'whoever is deleted is out, stays out of their groups, and comes back as new',
    on(async ({ call, user, group, standing, directory }) => {
      const id = await user('ada');
      const admins = await group('admins', id);
      assert.equal((await call(`/Users/${id}`, { method: 'DELETE' })).status, 204);
      assert.equal(standing('x-ada'), 'ended');
      assert.equal((await call(`/Users/${id}`)).status, 404);
      assert.equal((await call(`/Users/${id}`, { method: 'DELETE' })).status, 404);
      assert.deepEqual((await call(`/Groups/${admins}`)).json.members, []);
      await assert.rejects(directory.signedIn({ kind: 'person', issuer: CORP.issuer, id: 'x-ada', name: 'ada', groups: ['admins'] }), { code: 'forbidden' });
      await user('ada');
      assert.partialDeepStrictEqual(standing('x-ada'), { groups: [] });
    }),
  );

  test(
    'groups are those of provisioning: gained, lost, renamed, removed; claims of the provider change nothing',
    on(async ({ call, user, group, standing, directory }) => {
      const [ada, bob] = [await user('ada'), await user('bob')];
      const id = await group('ops', ada);
      const groups = (who: string) => (standing(who) as { groups: string[] }).groups;
      assert.deepEqual([groups('x-ada'), groups('x-bob')], [['ops'], []]);
      await call(`/Groups/${id}`, patch({ op: 'Add', path: 'members', value: [{ value: bob }] }));
      assert.deepEqual(groups('x-bob'), ['ops']);
      await call(`/Groups/${id}`, patch({ op: 'replace', path: 'displayName', value: 'operations' }));
      assert.deepEqual([groups('x-ada'), groups('x-bob')], [['operations'], ['operations']]);
      assert.deepEqual((await directory.signedIn({ kind: 'person', issuer: CORP.issuer, id: 'x-ada', name: 'root', groups: ['admins'] })).groups, [
        'operations',
      ]);
      await call(`/Groups/${id}`, { method: 'PUT', body: { displayName: 'operations', members: [{ value: bob }] } });
      assert.deepEqual([groups('x-ada'), groups('x-bob')], [[], ['operations']]);
      assert.equal((await call(`/Groups/${id}`, { method: 'DELETE' })).status, 204);
      assert.deepEqual(groups('x-bob'), []);
      assert.deepEqual((await call(`/Users/${bob}`)).json.groups, []);
    }),
  );

  test(
    'members leave as each client writes it',
    on(async ({ call, user, group }) => {
      const [ada, bob, cyd] = [await user('ada'), await user('bob'), await user('cyd')];
      const id = await group('ops', ada, bob, cyd);
      const members = async () => (await call(`/Groups/${id}`)).json.members.map(({ value }) => value).toSorted();
      await call(`/Groups/${id}`, patch({ op: 'remove', path: `members[value eq "${ada}"]` }));
      assert.deepEqual(await members(), [bob, cyd]);
      await call(`/Groups/${id}`, patch({ op: 'Remove', path: 'members', value: [{ value: bob }] }));
      assert.deepEqual(await members(), [cyd]);
      await call(
        `/Groups/${id}`,
        patch({ op: 'add', value: { members: [{ value: ada }, { value: ada }] } }, { op: 'remove', path: `members[value eq "nobody"]` }),
      );
      assert.deepEqual(await members(), [ada, cyd]);
      await call(`/Groups/${id}`, patch({ op: 'remove', path: 'members' }));
      assert.deepEqual(await members(), []);
      for (const operation of [
        { op: 'remove', path: 'members[display eq "x"]' },
        { op: 'remove' },
        { op: 'add', path: `members[value eq "${ada}"]`, value: {} },
        { op: 'add', path: 'members', value: [{ value: id, type: 'Group' }] },
        { op: 'add', path: 'members', value: [{ value: '01ARZ3NDEKTSV4RRFFQ69G5FAV' }] },
        { op: 'move', path: 'members' },
      ])
        assert.equal(
          (await call(`/Groups/${id}`, patch({ op: 'add', path: 'members', value: [{ value: ada }] }, operation))).status,
          400,
          JSON.stringify(operation),
        );
      assert.deepEqual(await members(), [], 'all operations or none');
    }),
  );

  test(
    'what nobody understands is refused, what is merely not kept is passed over',
    on(async ({ call, user }) => {
      const id = await user('ada');
      const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
      for (const operation of [
        { op: 'add', path: 'title', value: 'Dr.' },
        { op: 'add', path: 'addresses[type eq "work"].formatted', value: 'x' },
        { op: 'add', path: `${enterprise}:department`, value: 'x' },
        { op: 'add', path: 'emails[type eq "work"].value', value: 'a@example.com' },
        { op: 'add', path: 'name.givenName', value: 'A' },
        { op: 'add', value: { 'name.familyName': 'L', displayName: 'A L' } },
      ])
        assert.equal((await call(`/Users/${id}`, patch(operation))).status, 200, JSON.stringify(operation));
      assert.partialDeepStrictEqual((await call(`/Users/${id}`)).json, {
        name: { givenName: 'A', familyName: 'L' },
        displayName: 'A L',
        emails: [{ type: 'work', value: 'a@example.com' }],
      });
      for (const operation of [
        { op: 'replace', path: 'activ', value: false },
        { op: 'replace', value: { isActive: false } },
        { op: 'replace', path: 'active.x', value: false },
        { op: 'replace', path: 'active[value eq "x"]', value: false },
        { op: 'replace', path: '', value: 'x' },
        { op: 'replace', path: 'userName', value: '' },
        { op: 'remove', path: 'userName' },
        { op: 'remove', path: 'externalId' },
      ])
        assert.equal((await call(`/Users/${id}`, patch(operation))).status, 400, JSON.stringify(operation));
    }),
  );

  test(
    'one person is one: names, ids and groups that are taken are refused, in other letters too',
    on(async ({ call, user, group }) => {
      await user('ada');
      const bob = await user('bob');
      await group('ops');
      const make = (body: object) => call('/Users', { method: 'POST', body });
      for (const body of [
        { userName: 'ADA@example.com', externalId: 'x-other' },
        { userName: 'other@example.com', externalId: 'x-ada' },
      ])
        assert.partialDeepStrictEqual((await make(body)).json, { status: '409', scimType: 'uniqueness' });
      assert.equal((await call(`/Users/${bob}`, patch({ op: 'replace', path: 'externalId', value: 'x-ada' }))).status, 409);
      assert.equal((await call(`/Users/${bob}`, patch({ op: 'replace', path: 'userName', value: 'Ada@Example.com' }))).status, 409);
      assert.equal((await call('/Groups', { method: 'POST', body: { displayName: 'ops' } })).status, 409);
      assert.equal((await make({ userName: 'other@example.com', externalId: 'x-other' })).status, 201);
    }),
  );

  test(
    'nobody takes over another by an address or a displayed name',
    on(async ({ call, user, standing }) => {
      await user('ada', { emails: [{ value: 'ada@example.com' }], displayName: 'Ada' });
      await user('eve', { emails: [{ value: 'ada@example.com' }], displayName: 'Ada' });
      assert.partialDeepStrictEqual(standing('x-eve'), { name: 'eve@example.com' });
      assert.partialDeepStrictEqual(standing('x-ada'), { name: 'ada@example.com' });
      for (const userName of ['', ' ada@example.com', 'ada@example.com\u200b', 'a,b', 'x'.repeat(400)])
        assert.equal((await call('/Users', { method: 'POST', body: { userName, externalId: 'x-1' } })).status, 400, JSON.stringify(userName));
      assert.equal((await call('/Users', { method: 'POST', body: { userName: 'new@example.com' } })).status, 400, 'without the id that sign-ins have');
    }),
  );

  test(
    'an id that is changed is another person: whoever had it is out',
    on(async ({ call, user, standing }) => {
      const id = await user('ada');
      await call(`/Users/${id}`, patch({ op: 'replace', path: 'externalId', value: 'x-new' }));
      assert.equal(standing('x-ada'), 'ended');
      assert.partialDeepStrictEqual(standing('x-new'), { name: 'ada@example.com' });
    }),
  );

  test(
    'a provider sees and changes only what is its own',
    on(async ({ call, user, group, standing }) => {
      const [id, ops] = [await user('ada'), await group('ops')];
      const other = { token: OTHER_TOKEN };
      for (const path of [`/Users/${id}`, `/Groups/${ops}`])
        for (const options of [
          {},
          patch({ op: 'replace', path: 'externalId', value: 'x' }),
          { method: 'PUT', body: { userName: 'a', displayName: 'a' } },
          { method: 'DELETE' },
        ])
          assert.equal((await call(path, { ...options, ...other })).status, 404);
      assert.equal((await call('/Users', other)).json.totalResults, 0);
      const own = (await call('/Users', { method: 'POST', body: { userName: 'ada@example.com' }, ...other })).json.id;
      await call('/Groups', { method: 'POST', body: { displayName: 'ops', members: [{ value: own }] }, ...other });
      assert.partialDeepStrictEqual(standing('ada@example.com', OTHER.issuer), { groups: ['other:ops'] });
      assert.equal((await call(`/Groups/${ops}`, patch({ op: 'add', path: 'members', value: [{ value: own }] }))).status, 400);
    }),
  );

  test(
    'only a provider’s own token opens, and it is told nowhere',
    on(async ({ call, user, events }) => {
      await user('ada');
      for (const token of ['', 'x', `${CORP_TOKEN}x`, CORP_TOKEN.slice(0, -1), CORP_TOKEN.toUpperCase()]) {
        const reply = await call('/Users', { token });
        assert.equal(reply.status, 401);
        assert.equal(reply.headers.get('www-authenticate'), 'Bearer realm="scim"');
      }
      assert.equal((await call('/ServiceProviderConfig', { token: 'x' })).status, 401);
      assert.equal((await call('/Users', { headers: { authorization: '', cookie: `sallyport=${CORP_TOKEN}` } })).status, 401);
      assert.equal((await call('/Users')).status, 200);
      assert.ok(events.some((event) => event.kind === 'token.refused'));
      assert.doesNotMatch(JSON.stringify(events), /canary/);
    }),
  );

  test(
    'guesses are slowed down, whoever has the token is not',
    on(async ({ call }) => {
      const statuses: number[] = [];
      for (let n = 0; n < 40; n += 1) statuses.push((await call('/Users', { token: `guess-${n}` })).status);
      assert.deepEqual([statuses[0], statuses.at(-1)], [401, 429]);
      assert.equal((await call('/Users')).status, 200);
    }),
  );

  test(
    'whoever read an older version changes nothing',
    on(async ({ call, user }) => {
      const id = await user('ada');
      const change = (match: string) =>
        call(`/Users/${id}`, { ...patch({ op: 'replace', path: 'displayName', value: match }), headers: { 'if-match': match } });
      assert.equal((await change('W/"1"')).headers.get('etag'), 'W/"2"');
      assert.equal((await change('W/"1"')).status, 412);
      assert.equal((await change('W/"2"')).status, 200);
    }),
  );

  test(
    'lists come in pages, with as much of each as is asked for',
    on(async ({ call, user, group }) => {
      const ids: string[] = [];
      for (let n = 0; n < 5; n += 1) ids.push(await user(`user-${n}`));
      await group('ops', ...ids);
      const page = (await call('/Users?startIndex=2&count=2')).json;
      assert.deepEqual([page.totalResults, page.startIndex, page.itemsPerPage, page.Resources.length], [5, 2, 2, 2]);
      const filtered = (await call(`/Users?startIndex=5&count=2&filter=${encodeURIComponent('userName sw "user"')}`)).json;
      assert.deepEqual([filtered.totalResults, filtered.Resources.length], [5, 1]);
      assert.deepEqual([(await call('/Users?count=0')).json.Resources, (await call('/Users?count=-5')).json.totalResults], [[], 5]);
      const [shown] = (await call('/Groups?excludedAttributes=members')).json.Resources;
      assert.deepEqual(Object.keys(shown ?? {}).toSorted(), ['displayName', 'id', 'meta', 'schemas']);
      assert.deepEqual(Object.keys((await call(`/Users/${ids[0]}?attributes=userName`)).json).toSorted(), ['id', 'meta', 'schemas', 'userName']);
      for (const query of ['count=x', 'startIndex=1.5', 'filter=userName', 'filter=(((']) assert.equal((await call(`/Users?${query}`)).status, 400, query);
    }),
  );

  test(
    'a body that two readers could read differently, or that is none, is refused',
    on(async ({ call }) => {
      for (const body of [
        '',
        '{',
        '[]',
        '"x"',
        '{"userName":"a@example.com","userName":"b@example.com","externalId":"x"}',
        '{"userName":"a@example.com","USERNAME":"b@example.com","externalId":"x"}',
        '{"userName":{},"externalId":"x"}',
        `{"userName":"a@example.com","externalId":"x","x":${'['.repeat(40)}${']'.repeat(40)}}`,
      ]) {
        const reply = await call('/Users', { method: 'POST', body });
        assert.ok([400, 413].includes(reply.status), `${reply.status} ${body}`);
        assert.deepEqual(reply.json.schemas, ['urn:ietf:params:scim:api:messages:2.0:Error']);
      }
      assert.equal((await call('/Users', { method: 'POST', body: '{}', headers: { 'content-type': 'text/plain' } })).status, 400);
      assert.equal((await call('/Users', { method: 'POST', body: `"${'x'.repeat(3 << 20)}"` })).status, 413);
      assert.equal((await call('/Users')).json.totalResults, 0);
    }),
  );

  test(
    'the server says what it is, as the specification has it',
    on(async ({ call }) => {
      assert.partialDeepStrictEqual((await call('/ServiceProviderConfig')).json, {
        patch: { supported: true },
        bulk: { supported: false },
        filter: { supported: true, maxResults: 200 },
      });
      assert.deepEqual(
        (await call('/ResourceTypes')).json.Resources.map(({ id }) => id),
        ['User', 'Group'],
      );
      assert.equal((await call('/Schemas')).json.totalResults, 2);
      assert.equal((await call('/Schemas/urn:ietf:params:scim:schemas:core:2.0:User')).json.name, 'User');
      assert.equal((await call('/Bulk', { method: 'POST', body: {} })).status, 404);
    }),
  );

  test(
    'every change is recorded, and what cannot be recorded does not happen',
    on(async ({ call, user, group, standing, events, failNext }) => {
      const id = await user('ada');
      const ops = await group('ops', id);
      await call(`/Users/${id}`, patch({ op: 'replace', path: 'displayName', value: 'Countess' }));
      await call(`/Users/${id}`, patch({ op: 'replace', path: 'active', value: false }));
      assert.deepEqual(
        events.map(({ kind: each, note }) => [each, note]),
        [
          ['subject.changed', 'first known, by provisioning'],
          ['group.changed', 'the group ops was made, with 1 members'],
          ['subject.changed', 'name or groups changed by provisioning'],
          ['subject.changed', 'particulars changed by provisioning'],
          ['subject.changed', 'deactivated'],
        ],
      );
      await call(`/Users/${id}`, patch({ op: 'replace', path: 'active', value: true }));
      failNext();
      assert.equal((await call(`/Users/${id}`, patch({ op: 'replace', path: 'active', value: false }))).status, 500);
      assert.equal((await call(`/Users/${id}`)).json.active, true);
      assert.equal((await call(`/Groups/${ops}`, { method: 'DELETE' })).status, 500);
      assert.partialDeepStrictEqual(standing('x-ada'), { groups: ['ops'] });
    }),
  );

  test(
    'clients that write at once lose nothing',
    on(async ({ call, user, group, standing }) => {
      const ids = await Promise.all(Array.from({ length: 8 }, (_, n) => user(`user-${n}`)));
      const ops = await group('ops');
      await Promise.all(ids.map((value) => call(`/Groups/${ops}`, patch({ op: 'add', path: 'members', value: [{ value }] }))));
      assert.equal((await call(`/Groups/${ops}`)).json.members.length, 8);
      for (let n = 0; n < 8; n += 1) assert.partialDeepStrictEqual(standing(`x-user-${n}`), { groups: ['ops'] });
    }),
  );
});
