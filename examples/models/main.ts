/** `MODELS_TOKEN=... node examples/models/main.ts [port]`: the models server alone, on port 7700. */
import { startModelsServer } from './server.ts';

const token = process.env['MODELS_TOKEN'];
if (!token) {
  process.stderr.write('error: MODELS_TOKEN is not set\nhint: it is the token that callers have to send: MODELS_TOKEN=$(openssl rand -hex 16)\n');
  process.exit(1);
}
const { url } = await startModelsServer({ token, port: Number(process.argv[2] ?? 7700) });
process.stdout.write(`models server: ${url}\n`);
