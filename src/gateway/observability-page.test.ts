import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { parseResources } from '../policy/resources.ts';
import { RESOURCE_OPTIONS } from './policy.ts';

test('the alerts that the documentation shows are sound', async () => {
  const page = await readFile(new URL('../../docs/observability.md', import.meta.url), 'utf8');
  const text = /```yaml\n(kind: Alert\n[\s\S]*?)```/.exec(page)?.[1] ?? '';
  const target = '\n---\nkind: Target\nname: models\nprotocol: mcp\naddress: http://127.0.0.1:1/mcp\nlabels: { env: prod }\n';
  const { alerts } = parseResources([{ file: 'page', text: text + target }], RESOURCE_OPTIONS);
  assert.equal(alerts.length, 6);
});

test('an alert that could never come is refused, with the place and the fix', () => {
  const refused = (text: string, expected: RegExp): void => {
    assert.throws(() => parseResources([{ file: 'a.yaml', text: `kind: Alert\nname: a\n${text}` }], RESOURCE_OPTIONS), expected, text);
  };
  refused('events: [masked]\ndetectors: [e-mail]', /a\.yaml:4:.*nothing masks e-mail/);
  refused('events: [denied]\ndetectors: [email]', /detectors without masked/);
  refused('events: [denial]', /unknown value/);
  refused('events: [denied]\nto: [security]', /group:x/);
  refused('events: [denied]\nwindow: soon', /number and a unit/);
  refused('events: [denied]\n---\nkind: Alert\nname: A\nevents: [denied]', /a second Alert called A/);
});
