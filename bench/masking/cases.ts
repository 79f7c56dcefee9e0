import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = process.env['SALLYPORT_CASES'] ?? join(import.meta.dirname, '../../../shared/cases');

/** A value that a text holds. */
export interface Label {
  readonly start: number;
  readonly end: number;
  readonly type: string;
}

export interface LabelledText {
  readonly text: string;
  readonly labels: readonly Label[];
}

/** One value of a kind with what its standard says about it. */
export interface Vector {
  readonly validator: string;
  readonly args: readonly unknown[] | null;
  readonly value: string;
  readonly valid: boolean;
}

interface PersonalRow {
  readonly full_text: string;
  readonly spans: readonly { readonly entity_type: string; readonly start_position: number; readonly end_position: number }[];
}
interface SecretRow {
  readonly text: string;
  readonly secret_present: boolean;
  readonly span: readonly [number, number] | null;
}
interface SnapshotRow {
  readonly text: string;
  readonly has_options: boolean;
  readonly spans: readonly { readonly start: number; readonly end: number }[];
}

/** Texts with personal data; undefined where the set is not present. */
export function personalTexts(): readonly LabelledText[] | undefined {
  const file = read('pii/presidio-research_synth_dataset_v2.json');
  if (file === undefined) return undefined;
  // The set's own shape; a wrong one shows in the figures.
  const rows = JSON.parse(file) as readonly PersonalRow[];
  return rows.map((row) => ({
    text: row.full_text,
    labels: row.spans.map((span) => ({ start: span.start_position, end: span.end_position, type: span.entity_type })),
  }));
}

/** Texts with one secret, whose place may be unknown, or with none. */
export function secretTexts(): readonly LabelledText[] | undefined {
  return lines<SecretRow>('secrets/gitleaks_rule_cases.open.jsonl')?.map(({ text, secret_present: present, span }) => ({
    text,
    labels: present ? [{ start: span?.[0] ?? 0, end: span?.[1] ?? text.length, type: 'secret' }] : [],
  }));
}

/** Files with any number of secrets. Those that depend on options of the tool they come from are left out. */
export function secretFiles(): readonly LabelledText[] | undefined {
  return lines<SnapshotRow>('secrets/secretlint_snapshots.jsonl')
    ?.filter((row) => !row.has_options)
    .map(({ text, spans }) => ({ text, labels: spans.map(({ start, end }) => ({ start, end, type: 'secret' })) }));
}

export const vectors = (): readonly Vector[] | undefined => lines<Vector>('vectors/validatorjs_vectors.jsonl');

/** International numbers that libphonenumber gives as examples. */
export const phoneExamples = (): readonly string[] | undefined =>
  lines<{ readonly e164: string }>('vectors/libphonenumber_examples.jsonl')?.map((row) => row.e164);

// The caller names the shape of a set's rows.
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters
function lines<T>(file: string): readonly T[] | undefined {
  return (
    read(file)
      ?.split('\n')
      .filter(Boolean)
      // The set's own shape; a wrong one shows in the figures.
      .map((line) => JSON.parse(line) as T)
  );
}

function read(file: string): string | undefined {
  const path = join(FOLDER, file);
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}
