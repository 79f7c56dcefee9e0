import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startModelsServer, type ModelsServer } from '../../examples/models/server.ts';
import { modelsResources } from '../support/demo-resources.ts';
import { startGatewayProcess, type GatewayProcess } from '../support/gateway.ts';

const MODELS_TOKEN = randomBytes(16).toString('hex');
const CLI = join(import.meta.dirname, '../../node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js');

let models: ModelsServer;
let gateway: GatewayProcess;

before(async () => {
  models = await startModelsServer({ token: MODELS_TOKEN });
  gateway = await startGatewayProcess({ env: { MODELS_TOKEN }, resources: await modelsResources(models.url, { bearer: { env: 'MODELS_TOKEN' } }) });
});

after(async () => {
  await gateway?.stop();
  await models?.close();
});

/** The Inspector from the command line; what it prints, on both outputs, whatever its exit code. */
async function inspect(era: string, ...args: string[]): Promise<string> {
  const token = await gateway.token({ sub: 'scientist', groups: ['data-science'] }, 'models');
  const call = [CLI, '--cli', gateway.endpoint('models'), '--transport', 'http', '--protocol-era', era, '--header', `Authorization: Bearer ${token}`, ...args];
  const env = { ...process.env, MCP_CATALOG_PATH: join(gateway.folder, 'inspector.json') };
  return new Promise((resolve) => {
    execFile(process.execPath, [...call, '--format', 'json', '-q'], { env }, (_error, stdout, stderr) => resolve(`${stdout}${stderr}`));
  });
}

for (const era of ['legacy', 'modern']) {
  describe(`the Inspector's command line, ${era} era`, () => {
    test('lists the tools', async () => {
      const said = await inspect(era, '--method', 'tools/list');
      assert.match(said, /"run_model"/);
      assert.doesNotMatch(said, /"read_training_data"/);
    });

    test('calls an allowed tool, and gets the reply masked', async () => {
      const said = await inspect(era, '--method', 'tools/call', '--tool-name', 'list_api_keys');
      assert.match(said, /churn-serving/);
      assert.deepEqual(
        models.state.secrets.filter((secret) => said.includes(secret)),
        [],
      );
    });

    test('is told that a call is denied, and by which rule; a tool that is never allowed is not there for it', async () => {
      const denied = await inspect(era, '--method', 'tools/call', '--tool-name', 'run_model', '--tool-arg', 'model=churn', 'rows=20000');
      assert.match(denied, /"decision":"deny","rule":"default"/);
      const hidden = await inspect(era, '--method', 'tools/call', '--tool-name', 'read_training_data', '--tool-arg', 'model=churn');
      assert.match(hidden, /not found/);
      assert.equal(models.state.executions.get('run_model'), undefined);
    });
  });
}
