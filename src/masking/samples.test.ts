import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { Finding } from './detector.ts';
import { DETECTORS } from './detectors.ts';
import { featuresOf, type Features } from './features.ts';
import { NO_KEY } from './key.ts';
import { scan } from './scan.ts';

const folder = process.env['SALLYPORT_CASES'] ?? join(import.meta.dirname, '../../../shared/cases');
const EVERYTHING: Features = {
  length: 1e9,
  digits: 1e9,
  chain: 1e9,
  run: 1e9,
  word: 1e9,
  colons: 1e9,
  dashes: 1e9,
  dots: 1e9,
  letters: 1e9,
  capitals: 1e9,
  seen: -1,
};

interface SecretCase {
  readonly text: string;
  readonly secret_present: boolean;
  readonly span: readonly [number, number] | null;
}
interface PersonalCase {
  readonly full_text: string;
  readonly spans: readonly { readonly entity_type: string; readonly start_position: number; readonly end_position: number }[];
}

/** The labelled texts, or undefined where this checkout is without them. */
function read(t: TestContext, file: string): string | undefined {
  const path = join(folder, file);
  if (existsSync(path)) return readFileSync(path, 'utf8');
  t.diagnostic(`${file}: not present`);
  return undefined;
}

// The file's shape is checked by what the test finds in it.
const readSecrets = (t: TestContext): readonly SecretCase[] =>
  (read(t, 'secrets/gitleaks_rule_cases.open.jsonl') ?? '')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as SecretCase);
const readPersonal = (t: TestContext): readonly PersonalCase[] => JSON.parse(read(t, 'pii/presidio-research_synth_dataset_v2.json') ?? '[]') as PersonalCase[];

const armed = (name: string) => DETECTORS.filter((detector) => detector.name === name).map((detector) => ({ detector, operator: 'redact' as const }));
const overlaps = (finding: Finding, start: number, end: number): boolean => finding.start < end && finding.end > start;

function score(t: TestContext, kind: string, found: number, missed: number, wrong: number) {
  const result = { recall: found / (found + missed), precision: found / (found + wrong) };
  t.diagnostic(`${kind}: recall ${result.recall.toFixed(3)} precision ${result.precision.toFixed(3)} (${found} found, ${missed} missed, ${wrong} wrong)`);
  return result;
}

test('secrets of the labelled set are found, and texts without one are left alone', (t) => {
  const cases = readSecrets(t);
  if (cases.length === 0) return;
  const counts = { found: 0, missed: 0, wrong: 0 };
  for (const { text, secret_present: present, span } of cases) {
    const findings = scan(text, featuresOf(text), NO_KEY, armed('secret'));
    if (!present) counts.wrong += findings.length > 0 ? 1 : 0;
    else if (findings.some((finding) => overlaps(finding, ...(span ?? [0, text.length])))) counts.found += 1;
    else counts.missed += 1;
  }
  const { recall, precision } = score(t, 'secret', counts.found, counts.missed, counts.wrong);
  assert.ok(recall >= 0.95 && precision >= 0.95);
});

const ENTITIES = { EMAIL_ADDRESS: 'email', PHONE_NUMBER: 'phone', CREDIT_CARD: 'credit-card', US_SSN: 'us-ssn', IBAN_CODE: 'iban', IP_ADDRESS: 'ip-address' };

for (const [entity, name] of Object.entries(ENTITIES)) {
  test(`${name} of the labelled texts is found whole, and little else`, (t) => {
    const cases = readPersonal(t);
    if (cases.length === 0) return;
    const counts = { found: 0, missed: 0, wrong: 0 };
    for (const { full_text: text, spans } of cases) {
      const labels = spans.filter((span) => span.entity_type === entity);
      const findings = scan(text, featuresOf(text), NO_KEY, armed(name));
      const found = labels.filter((label) =>
        findings.some((finding) => finding.start <= label.start_position + 1 && finding.end >= label.end_position - 1),
      ).length;
      counts.found += found;
      counts.missed += labels.length - found;
      counts.wrong += findings.filter((finding) => !labels.some((label) => overlaps(finding, label.start_position, label.end_position))).length;
    }
    const { recall, precision } = score(t, name, counts.found, counts.missed, counts.wrong);
    assert.ok(recall >= 0.95 && precision >= 0.95);
  });
}

test('on every labelled text the gates rule out nothing that the patterns find', (t) => {
  for (const text of [...readSecrets(t).map((row) => row.text), ...readPersonal(t).map((row) => row.full_text)]) {
    for (const { detector } of DETECTORS.flatMap(({ name }) => armed(name))) {
      const gated =
        featuresOf(text).digits >= (detector.fewestDigits ?? 0) && detector.mayFind(featuresOf(text), NO_KEY)
          ? detector.find({ text, features: featuresOf(text), key: NO_KEY })
          : [];
      assert.deepEqual(gated, detector.find({ text, features: EVERYTHING, key: NO_KEY }), `${detector.name}: ${text}`);
    }
  }
});
