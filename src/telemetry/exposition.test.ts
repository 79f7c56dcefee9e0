import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exposed, expositionFor } from './exposition.ts';
import { Registry } from './registry.ts';

async function text(registry: Registry, format: 'openmetrics' | 'text'): Promise<string> {
  return exposed(await registry.read(), format);
}

test('counters, gauges and histograms are written as OpenMetrics has them, and as the format before it had them', async () => {
  const registry = new Registry();
  registry
    .counter({ name: 'calls', help: 'Calls.', labels: ['target'] })
    .with('models')
    .add(3);
  registry.gauge({ name: 'open', help: 'Open.' }).with().set(-1.5);
  const took = registry.histogram({ name: 'took_seconds', help: 'Time.' }, [0.1, 1]).with();
  for (const value of [0.05, 0.1, 0.5, 7]) took.observe(value);
  assert.equal(
    await text(registry, 'openmetrics'),
    [
      '# TYPE calls counter',
      '# HELP calls Calls.',
      'calls_total{target="models"} 3',
      '# TYPE open gauge',
      '# HELP open Open.',
      'open -1.5',
      '# TYPE took_seconds histogram',
      '# UNIT took_seconds seconds',
      '# HELP took_seconds Time.',
      'took_seconds_bucket{le="0.1"} 2',
      'took_seconds_bucket{le="1.0"} 3',
      'took_seconds_bucket{le="+Inf"} 4',
      'took_seconds_count 4',
      'took_seconds_sum 7.65',
      '# EOF',
      '',
    ].join('\n'),
  );
  assert.match(await text(registry, 'text'), /^# TYPE calls_total counter\n# HELP calls_total Calls\.\ncalls_total\{target="models"\} 3\n/);
  assert.doesNotMatch(await text(registry, 'text'), /EOF|UNIT/);
});

test('a label holds what it is given, quotes and line breaks too, and adds no line', async () => {
  const registry = new Registry();
  registry
    .counter({ name: 'calls', help: 'A\nB\\', labels: ['target'] })
    .with('a"} 1\nevil_total{x="\\')
    .add();
  assert.equal(
    await text(registry, 'text'),
    '# TYPE calls_total counter\n# HELP calls_total A\\nB\\\\\ncalls_total{target="a\\"} 1\\nevil_total{x=\\"\\\\"} 1\n',
  );
});

test('however many names somebody thinks of, the series are bounded: the rest is one series', async () => {
  const registry = new Registry();
  const calls = registry.counter({ name: 'calls', help: 'Calls.', labels: ['target'] });
  for (let at = 0; at < 10_000; at += 1) calls.with(`target-${at}`).add();
  calls.with('x'.repeat(100_000)).add();
  const lines = (await text(registry, 'text')).split('\n');
  assert.ok(lines.length < 2_010, String(lines.length));
  assert.ok(lines.includes('calls_total{target="other"} 8001'), lines.at(-2));
  assert.ok(lines.every((line) => line.length < 200));
});

test('a reader that fails does not take the others with it', async () => {
  const registry = new Registry();
  const gauge = registry.gauge({ name: 'open', help: 'Open.' }).with();
  registry.onRead(() => Promise.reject(new Error('no database')));
  registry.onRead(() => gauge.set(2));
  assert.match(await text(registry, 'text'), /^open 2$/m);
});

test('who asks for OpenMetrics gets it', () => {
  assert.equal(expositionFor('application/openmetrics-text;version=1.0.0,text/plain;q=0.5'), 'openmetrics');
  assert.equal(expositionFor('text/plain'), 'text');
  assert.equal(expositionFor(), 'text');
});
