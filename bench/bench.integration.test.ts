import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';

const results = mkdtempSync(join(tmpdir(), 'sallyport-bench-results-'));
after(() => rmSync(results, { recursive: true, force: true }));

const bench = (...args: string[]) => spawnSync(process.execPath, [join(import.meta.dirname, 'main.ts'), ...args], { encoding: 'utf8' });

/** Keys that others read. */
const KEYS: Readonly<Record<string, readonly string[]>> = {
  mcp: ['direct_rps_c16', 'gateway_rps_c16', 'added_p50_ms_c1', 'added_p50_ms_c16', 'cpu_us_per_call', 'rss_growth_mb_100k'],
  policy: ['decide_50_rules_us', 'decide_500_rules_us', 'load_500_rules_ms'],
  masking: ['reply_2kb_clean_us', 'reply_2kb_hits_us'],
  postgres: ['cpu_ratio_relaxed', 'cpu_ratio_strict', 'tps_ratio_relaxed', 'tps_ratio_strict', 'rows_ratio_plain', 'rows_ratio_masked', 'neighbour_p99_ms'],
  audit: ['durable_events_s_1', 'durable_events_s_16', 'durable_events_s_256', 'fdatasync_events_s', 'encrypted_events_s_256', 'strict_over_relaxed'],
};

describe('npm run bench', () => {
  for (const [name, keys] of Object.entries(KEYS)) {
    it(`${name}: every call succeeds, and every figure is a number under its stable key`, () => {
      const { status, stdout, stderr } = bench(name, '--quick', '--json', '--results', results);
      assert.equal(status, 0, stderr);
      const result = JSON.parse(readFileSync(join(results, `${name}.json`), 'utf8')) as {
        name: string;
        at: string;
        node: string;
        figures: Record<string, unknown>;
      };
      assert.deepEqual(JSON.parse(stdout), result);
      assert.equal(result.name, name);
      assert.equal(result.node, process.version);
      assert.ok(Date.parse(result.at) > 0);
      for (const key of keys) assert.ok(key in result.figures, key);
      for (const [key, value] of Object.entries(result.figures)) assert.ok(Number.isFinite(value), `${key}: ${String(value)}`);
    });
  }

  it('prints a table where no JSON is asked for', () => {
    const { status, stdout } = bench('masking', '--quick', '--results', results);
    assert.equal(status, 0);
    assert.match(stdout, /^reply_2kb_clean_us +[\d.]+$/m);
  });

  it('says which benchmarks there are to whoever asks for help, or for one that is not there', () => {
    const help = bench('--help');
    assert.equal(help.status, 0);
    assert.match(help.stdout, /mcp.*\n.*policy.*\n.*masking.*\n.*audit/);
    const unknown = bench('nothing');
    assert.equal(unknown.status, 2);
    assert.match(unknown.stderr, /^error: no benchmark is called "nothing"\nhint: mcp, policy, masking, audit/);
    assert.equal(bench().status, 2);
    assert.equal(bench('mcp', '--fast').status, 2);
  });
});
