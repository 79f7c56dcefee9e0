import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startModelsServer, type ModelsServer } from '../../examples/models/server.ts';
import { conformanceResources } from '../conformance/comparison.ts';
import { startConformanceServer } from '../conformance/server.ts';
import { signIn, type Api } from '../support/api.ts';
import { CLIENT_KINDS, COMPLETION, readable, USERNAME, type ClientKind, type TestClient } from '../support/clients.ts';
import { modelsResources } from '../support/demo-resources.ts';
import { startGatewayProcess, type GatewayProcess } from '../support/gateway.ts';
import type { McpHttpServer } from '../support/mcp-server.ts';
import { until } from '../support/until.ts';
import { startWorkbench, type Workbench } from '../support/workbench.ts';

const MODELS_TOKEN = randomBytes(16).toString('hex');
const NOTES_SECRET = randomBytes(16).toString('hex');
const LEAD = { name: 'lead', kind: 'person' as const, groups: ['ml-leads'], password: randomBytes(12).toString('hex') };
const EVERYBODY = { sub: 'scientist', name: 'scientist', groups: ['data-science', 'conformance', 'testers'] };

let models: ModelsServer;
let fixture: McpHttpServer;
let workbench: Workbench;
let gateway: GatewayProcess;
let lead: Api;

before(async () => {
  [models, fixture, workbench] = await Promise.all([startModelsServer({ token: MODELS_TOKEN }), startConformanceServer(), startWorkbench()]);
  const notes = {
    kind: 'Target',
    name: 'notes',
    protocol: 'mcp',
    command: [process.execPath, fileURLToPath(import.meta.resolve('../support/stdio-server.ts'))],
  };
  gateway = await startGatewayProcess({
    accounts: [LEAD],
    env: { MODELS_TOKEN, NOTES_SECRET },
    resources: [
      ...(await modelsResources(models.url, { bearer: { env: 'MODELS_TOKEN' } })),
      ...conformanceResources(fixture.url),
      { kind: 'Target', name: 'workbench', protocol: 'mcp', address: workbench.url },
      { ...notes, credential: { env: { NOTES_TOKEN: { env: 'NOTES_SECRET' } } } },
      {
        kind: 'Policy',
        name: 'testers',
        targets: ['workbench', 'notes'],
        rules: [{ name: 'testers-do-everything', subjects: ['group:testers'], allow: ['*'] }],
      },
    ],
  });
  lead = await signIn(gateway.url, LEAD.name, LEAD.password);
});

after(async () => {
  await gateway?.stop();
  await Promise.all([models, fixture, workbench].map((server) => server?.close()));
});

async function using<T>(kind: ClientKind, target: string, run: (client: TestClient) => Promise<T>): Promise<T> {
  const client = await kind.connect(gateway.endpoint(target), await gateway.token(EVERYBODY, target));
  try {
    return await run(client);
  } finally {
    await client.close();
  }
}

const decisionOf = (meta: unknown): unknown => (meta as Record<string, unknown> | undefined)?.['dev.sallyport/decision'];
const ran = (tool: string): number => models.state.executions.get(tool) ?? 0;

/** Whether some call was told that this approval is not given: its wait is over. */
async function refusedWith(approval: string): Promise<boolean> {
  const sessions = await Promise.all((await lead.sessions()).map(({ id }) => lead.session(id)));
  return sessions.some(({ events }) => events.some(({ event }) => event.kind === 'command.refused' && event.approval === approval));
}

CLIENT_KINDS.forEach((kind, nth) =>
  describe(kind.name, () => {
    test('lists the tools that the subject may call, and no other', async () => {
      const names = ['delete_model', 'get_model_metadata', 'list_api_keys', 'list_models', 'run_model', 'update_deployment'];
      assert.deepEqual((await using(kind, 'models', (client) => client.tools())).toSorted(), names);
    });

    test('an allowed call runs, with its progress', async () => {
      const [result, seen] = await using(kind, 'models', async (client) => [
        await client.call('run_model', { model: 'churn', rows: 300 }, { onprogress: () => {} }),
        client.progress,
      ]);
      assert.equal(result.isError ?? false, false);
      assert.match(readable(result), /"mean":/);
      assert.deepEqual(seen, [100, 200, 300]);
    });

    test('a reply is masked, in its text and in its structured content', async () => {
      const replies = await using(kind, 'models', async (client) => [
        await client.call('list_api_keys'),
        await client.call('get_model_metadata', { model: 'churn' }),
      ]);
      const text = JSON.stringify(replies);
      assert.match(text, /churn-serving/);
      assert.deepEqual(
        models.state.secrets.filter((secret) => text.includes(secret)),
        [],
      );
    });

    test('a denied call is told why, and never reaches the server', async () => {
      const before = ran('read_training_data') + ran('run_model');
      const [training, rows] = await using(kind, 'models', async (client) => [
        await client.call('read_training_data', { model: 'churn' }),
        await client.call('run_model', { model: 'churn', rows: 20_000 }),
      ]);
      assert.equal(training?.isError, true);
      assert.match(readable(training), /ask the data office for an extract/);
      assert.partialDeepStrictEqual(decisionOf(training._meta), { decision: 'deny', rule: 'nobody-reads-raw-training-data' });
      assert.equal(rows?.isError, true);
      assert.partialDeepStrictEqual(decisionOf(rows._meta), { decision: 'deny' });
      assert.equal(ran('read_training_data') + ran('run_model'), before);
    });

    test('a held call runs once, after a lead approved it, and a repeat gets the kept result', async () => {
      const before = ran('update_deployment');
      const args = { model: 'fraud', replicas: 10 + nth };
      await using(kind, 'models', async (client) => {
        const held = client.call('update_deployment', args, { onprogress: () => {}, resetTimeoutOnProgress: true });
        const approval = await until('the approval', async () => (await lead.approvals()).find((one) => one.shown.includes(`"replicas":${args.replicas}`)));
        assert.equal(ran('update_deployment'), before);
        assert.equal(approval.mayAnswer, true);
        await lead.answer(approval.id, 'approve');
        assert.match(readable(await held), new RegExp(`"replicas":${args.replicas}`));
        assert.match(readable(await client.call('update_deployment', args)), new RegExp(`"replicas":${args.replicas}`));
      });
      assert.equal(ran('update_deployment'), before + 1);
    });

    test('a held call that its client gives up stays pending; approved later, the repeat runs it, once', async () => {
      const before = ran('update_deployment');
      const args = { model: 'demand', replicas: 30 + nth };
      await using(kind, 'models', async (client) => {
        const abort = new AbortController();
        const given = client.call('update_deployment', args, { onprogress: () => {}, signal: abort.signal });
        const mine = async () => (await lead.approvals()).find((one) => one.shown.includes(`"replicas":${args.replicas}`));
        const approval = await until('the approval', mine);
        abort.abort();
        await assert.rejects(given);
        await until('the end of the wait, in the record', async () => ((await refusedWith(approval.id)) ? true : undefined));
        assert.equal((await mine())?.id, approval.id);
        await lead.answer(approval.id, 'approve');
        assert.equal(ran('update_deployment'), before);
        assert.match(readable(await client.call('update_deployment', args)), new RegExp(`"replicas":${args.replicas}`));
      });
      assert.equal(ran('update_deployment'), before + 1);
    });

    test('a held call that a lead denies does not run, and says so', async () => {
      const before = ran('delete_model');
      const model = `nothing-${nth}`;
      const result = await using(kind, 'models', async (client) => {
        const held = client.call('delete_model', { model }, { onprogress: () => {}, resetTimeoutOnProgress: true });
        const approval = await until('the approval', async () => (await lead.approvals()).find((one) => one.shown.includes(model)));
        await lead.answer(approval.id, 'deny', 'not this one');
        return held;
      });
      assert.equal(result.isError, true);
      assert.match(readable(result), /not this one/);
      assert.equal(ran('delete_model'), before);
    });

    test('a cancelled call is cancelled at the server', async () => {
      const before = workbench.cancelled();
      await using(kind, 'workbench', async (client) => {
        const abort = new AbortController();
        const call = client.call('wait', { ms: 20_000 }, { signal: abort.signal, onprogress: () => abort.abort() });
        await assert.rejects(call);
        await until('the cancellation', () => (workbench.cancelled() > before ? true : undefined));
      });
    });

    test('a server samples and elicits through the gateway', async () => {
      const [sampled, elicited] = await using(kind, 'conformance', async (client) => [
        await client.call('test_sampling', { prompt: 'say something' }),
        await client.call('test_elicitation', { message: 'who are you?' }),
      ]);
      assert.match(readable(sampled), new RegExp(COMPLETION));
      assert.match(readable(elicited), new RegExp(USERNAME));
    });

    if (kind.era === 'legacy') {
      test('what a server says unasked arrives on the stream that stays open', async () => {
        await using(kind, 'conformance', async (client) => {
          await until('the news', async () => {
            await client.call('test_trigger_tool_change');
            return client.changes() > 0 ? true : undefined;
          });
        });
      });
    }

    test('a stdio server is reached with its credential, and nothing else of the gateway is in its environment', async () => {
      const about = await using(kind, 'notes', async (client) => {
        await client.call('add_note', { note: 'one' });
        return client.call('about');
      });
      const { hasToken, environment } = JSON.parse(about.content[0]?.text ?? '{}') as { hasToken: boolean; environment: string[] };
      assert.equal(hasToken, true);
      assert.deepEqual(
        environment.filter((name) => name === 'NOTES_SECRET' || name === 'MODELS_TOKEN'),
        [],
      );
    });
  }),
);

test('two clients of one subject that ask the same share one approval, and it runs once', async () => {
  const before = ran('update_deployment');
  const args = { model: 'fraud', replicas: 77 };
  const [one, other] = [CLIENT_KINDS[0], CLIENT_KINDS[2]];
  assert.ok(one && other);
  const ask = (kind: ClientKind) =>
    using(kind, 'models', (client) => client.call('update_deployment', args, { onprogress: () => {}, resetTimeoutOnProgress: true }));
  const replies = Promise.all([ask(one), ask(other)]);
  const mine = async () => (await lead.approvals()).filter((each) => each.shown.includes('"replicas":77'));
  const approval = await until('the approval', async () => (await mine())[0]);
  assert.equal((await mine()).length, 1);
  await lead.answer(approval.id, 'approve');
  assert.ok((await replies).some((reply) => readable(reply).includes('"replicas":77')));
  assert.equal(ran('update_deployment'), before + 1);
});

test('no output of the gateway holds a credential or a secret of a reply', () => {
  const secrets = [MODELS_TOKEN, NOTES_SECRET, LEAD.password, ...models.state.secrets];
  assert.deepEqual(
    secrets.filter((secret) => gateway.output().includes(secret)),
    [],
  );
});
