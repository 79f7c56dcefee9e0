/** Scores the detectors on the labelled sets that are present. */
import { THRESHOLD, type Detector, type Finding } from '../../src/masking/detector.ts';
import { DETECTORS, joinDetectors } from '../../src/masking/detectors.ts';
import { featuresOf } from '../../src/masking/features.ts';
import { NO_KEY, readKey } from '../../src/masking/key.ts';
import { personalTexts, phoneExamples, secretFiles, secretTexts, vectors, type LabelledText, type Vector } from './cases.ts';
import { NOTHING, sum, type Score } from './score.ts';
import { structuredRows } from './structured.ts';

export type Scores = Readonly<Record<string, Score>>;

/** Types of the labelled texts and the detectors that answer for them. */
export const TEXT_KINDS: Readonly<Record<string, readonly string[]>> = {
  EMAIL_ADDRESS: ['email'],
  PHONE_NUMBER: ['phone'],
  CREDIT_CARD: ['credit-card'],
  US_SSN: ['us-ssn', 'us-itin'],
  IBAN_CODE: ['iban'],
  IP_ADDRESS: ['ip-address'],
  DOMAIN_NAME: ['url'],
  US_DRIVER_LICENSE: ['driver-license'],
  ZIP_CODE: ['postal-code'],
  AGE: ['age'],
  DATE_TIME: ['date-time', 'date-of-birth'],
  TITLE: ['person-title'],
};

export function scoreSecrets(): Score | undefined {
  return secretTexts()?.map(scoreSecretText).reduce(sum, NOTHING);
}

/** A text of this set holds one secret or none; how often a wrong one is found in it does not count. */
function scoreSecretText({ text, labels }: LabelledText): Score {
  const findings = findIn(text, pick(['secret']));
  if (labels.length === 0) return { ...NOTHING, wrong: findings.length > 0 ? 1 : 0 };
  return labels.some((label) => findings.some((finding) => overlaps(finding, label))) ? { ...NOTHING, found: 1 } : { ...NOTHING, missed: 1 };
}

export function scoreSecretFiles(): Score | undefined {
  return secretFiles()
    ?.map((file) => scoreText(file, file.labels, pick(['secret'])))
    .reduce(sum, NOTHING);
}

/** Type -> score; those that no detector answers for have what all detectors together find of them. */
export function scoreTexts(): Scores | undefined {
  const texts = personalTexts();
  if (!texts) return undefined;
  const types = [...new Set(texts.flatMap((text) => text.labels.map((label) => label.type)))].toSorted();
  const answering = (type: string): readonly Detector[] => pick(TEXT_KINDS[type] ?? DETECTORS.map(({ name }) => name));
  return Object.fromEntries(
    types.map((type) => {
      const detectors = answering(type);
      const score = texts
        .map((text) =>
          scoreText(
            text,
            text.labels.filter((label) => label.type === type),
            detectors,
          ),
        )
        .reduce(sum, NOTHING);
      return [type, Object.hasOwn(TEXT_KINDS, type) ? score : { ...score, wrong: 0 }];
    }),
  );
}

/** A finding is wrong where no label of any type stands. */
function scoreText({ text, labels }: LabelledText, wanted: LabelledText['labels'], detectors: readonly Detector[]): Score {
  const findings = findIn(text, detectors);
  const found = wanted.filter((label) => findings.some((finding) => overlaps(finding, label))).length;
  return { found, missed: wanted.length - found, wrong: findings.filter((finding) => !labels.some((label) => overlaps(finding, label))).length };
}

/** Field -> score of values in JSON rows, each under a key that tells its kind, beside fields that hold nothing. */
export function scoreStructured(): Scores | undefined {
  const rows = structuredRows();
  if (!rows) return undefined;
  const detectors = joinDetectors(DETECTORS.filter(({ name }) => !['person-name', 'date-time'].includes(name)));
  const scores = new Map<string, Score>();
  for (const { kind, row, field } of rows) {
    const hit = (key: string): boolean => findIn(row[key] ?? '', detectors, key).length > 0;
    const wrong = Object.keys(row).filter((key) => key !== field && hit(key)).length;
    scores.set(kind, sum(scores.get(kind) ?? NOTHING, { found: hit(field) ? 1 : 0, missed: hit(field) ? 0 : 1, wrong }));
  }
  return Object.fromEntries(scores);
}

/** Validator of the vectors -> the detector that answers for it, and the key its values stand under. */
const VECTOR_KINDS: Readonly<Record<string, readonly [detector: string, key: string]>> = {
  'isCreditCard null': ['credit-card', 'card'],
  'isIBAN null': ['iban', 'iban'],
  'isMACAddress null': ['mac-address', 'mac'],
  'isIMEI null': ['imei', 'imei'],
  'isAbaRouting null': ['us-routing-number', 'routing_number'],
  'isBIC null': ['bic', 'bic'],
  'isBtcAddress null': ['crypto-address', 'wallet'],
  'isEthereumAddress null': ['crypto-address', 'wallet'],
  'isIdentityCard ["PL"]': ['pl-pesel', 'pesel'],
  'isIdentityCard ["FI"]': ['fi-hetu', 'hetu'],
  'isIdentityCard ["IN"]': ['in-aadhaar', 'aadhaar'],
  'isIdentityCard ["NO"]': ['no-fodselsnummer', 'fodselsnummer'],
  'isIdentityCard ["TH"]': ['th-id', 'thai_id'],
  'isIdentityCard ["he-IL"]': ['il-id', 'israel_id'],
  'isIdentityCard ["zh-CN"]': ['cn-resident-id', 'resident_id'],
  'isIdentityCard ["zh-TW"]': ['tw-id', 'taiwan_id'],
  'isIdentityCard ["zh-HK"]': ['hk-id', 'hkid'],
  'isTaxID ["de-DE"]': ['de-tax-id', 'steuer_id'],
  'isTaxID ["it-IT"]': ['it-fiscal-code', 'codice_fiscale'],
  'isTaxID ["hr-HR"]': ['hr-oib', 'oib'],
  'isTaxID ["el-GR"]': ['gr-afm', 'afm'],
  'isTaxID ["en-IE"]': ['ie-pps', 'pps_number'],
  'isTaxID ["pt-PT"]': ['pt-nif', 'nif'],
  'isTaxID ["nl-NL"]': ['nl-bsn', 'bsn'],
  'isTaxID ["es-AR"]': ['ar-cuit', 'cuit'],
  'isTaxID ["sv-SE"]': ['se-personnummer', 'personnummer'],
};

/** How many valid vectors of the kinds are found (`found`, `missed`), and how many invalid ones are too (`wrong`). */
export function scoreVectors(): Scores | undefined {
  const all = vectors();
  if (!all) return undefined;
  const byKind = Object.entries(VECTOR_KINDS).map(([name, [detector, key]]): [string, Score] => {
    const mine = all.filter((vector) => `${vector.validator} ${JSON.stringify(vector.args)}` === name);
    return [name, mine.map((vector) => scoreVector(vector, detector, key)).reduce(sum, NOTHING)];
  });
  const examples = (phoneExamples() ?? []).map((value) => scoreVector({ value, valid: true }, 'phone', 'phone'));
  return { ...Object.fromEntries(byKind), 'libphonenumber examples': examples.reduce(sum, NOTHING) };
}

function scoreVector({ value, valid }: Pick<Vector, 'value' | 'valid'>, detector: string, key: string): Score {
  const whole = findIn(value, pick([detector]), key).some((finding) => finding.start <= 1 && finding.end >= value.trimEnd().length);
  return valid ? { ...NOTHING, [whole ? 'found' : 'missed']: 1 } : { ...NOTHING, wrong: whole ? 1 : 0 };
}

function findIn(text: string, detectors: readonly Detector[], key?: string): readonly Finding[] {
  const features = featuresOf(text);
  const traits = key === undefined ? NO_KEY : readKey(key);
  return detectors
    .flatMap((detector) => (detector.mayFind(features, traits) ? detector.find({ text, features, key: traits }) : []))
    .filter((finding) => finding.score >= THRESHOLD);
}

const pick = (names: readonly string[]): readonly Detector[] => DETECTORS.filter((detector) => names.includes(detector.name));

const overlaps = (a: { readonly start: number; readonly end: number }, b: { readonly start: number; readonly end: number }): boolean =>
  a.start < b.end && a.end > b.start;
