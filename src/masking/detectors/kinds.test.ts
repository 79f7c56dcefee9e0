import assert from 'node:assert/strict';
import { test } from 'node:test';
import { THRESHOLD, type Detector } from '../detector.ts';
import { DETECTOR_GROUPS, DETECTORS, expandGroup, joinDetectors } from '../detectors.ts';
import { featuresOf } from '../features.ts';
import { NO_KEY, readKey } from '../key.ts';
import { TOKEN_RULES } from './secret-tokens.ts';

/** Name, what stands before the value, the value, and one that is not found in its place: examples that the issuing bodies publish, or made up. */
const KINDS: readonly (readonly [name: string, before: string, value: string, other: string])[] = [
  ['us-itin', 'my ITIN is ', '912-72-1234', '912-45-1234'],
  ['us-ein', 'EIN: ', '12-3456789', '07-3456789'],
  ['ca-sin', 'SIN ', '130 692 544', '130 692 545'],
  ['br-cpf', 'cliente ', '111.444.777-35', '111.444.777-36'],
  ['br-cnpj', 'firma ', '11.222.333/0001-81', '11.222.333/0001-82'],
  ['br-cnpj', 'firma ', '12.ABC.345/01DE-35', '12.ABC.345/01DE-36'],
  ['mx-curp', 'clave ', 'HEGG560427MVZRRL04', 'HEGG561327MVZRRL04'],
  ['mx-rfc', 'del ', 'GODE561231GR8', 'GODE561331GR8'],
  ['ar-cuit', 'es ', '20-12345678-6', '20-12345678-7'],
  ['cl-rut', 'es ', '30.686.957-4', '30.686.957-5'],
  ['de-tax-id', 'Steuer-ID ', '86095742719', '86095742718'],
  ['de-social-insurance', 'Nummer ', '15 070649 C 103', '15 070649 C 104'],
  ['uk-nino', 'the one is ', 'AB 12 34 56 C', 'BG 12 34 56 C'],
  ['uk-nhs', 'NHS number ', '943 476 5919', '943 476 5918'],
  ['uk-utr', 'UTR: ', '1955839661', '2955839661'],
  ['fr-nir', 'le ', '2 55 08 14 168 025 38', '2 55 08 14 168 025 39'],
  ['fr-tax-id', 'numéro fiscal ', '30 23 217 600 053', '30 23 217 600 054'],
  ['it-fiscal-code', 'il ', 'RSSMRA85T10A562S', 'RSSMRA85T10A562T'],
  ['es-dni', 'el ', '12345678Z', '12345678A'],
  ['es-nie', 'el ', 'X1234567L', 'X1234567M'],
  ['nl-bsn', 'BSN ', '111222333', '111222334'],
  ['pl-pesel', 'PESEL ', '44051401359', '44051401358'],
  ['pl-nip', 'firma ', '123-456-32-18', '123-456-32-19'],
  ['be-national-number', 'de ', '85.07.30-033.28', '85.07.30-033.29'],
  ['ch-ahv', 'die ', '756.9217.0769.85', '756.9217.0769.86'],
  ['at-social-insurance', 'SVNR ', '1237 010180', '1238 010180'],
  ['se-personnummer', 'är ', '811228-9874', '811228-9875'],
  ['no-fodselsnummer', 'er ', '151086 95088', '151086 95077'],
  ['dk-cpr', 'CPR-nr. ', '070761-4285', '321361-4285'],
  ['fi-hetu', 'on ', '131052-308T', '131052-308U'],
  ['pt-nif', 'NIF ', '123456789', '123456788'],
  ['ie-pps', 'PPS number ', '1234567T', '1234567A'],
  ['cz-birth-number', 'je ', '710319/2745', '710319/2746'],
  ['ro-cnp', 'CNP ', '1800101221144', '1800101221145'],
  ['bg-egn', 'EGN ', '7523169263', '7523169264'],
  ['hr-oib', 'OIB ', '69435151530', '69435151531'],
  ['gr-afm', 'AFM ', '094259216', '094259217'],
  ['ee-isikukood', 'isikukood ', '37605030299', '37605030298'],
  ['ru-snils', 'это ', '112-233-445 95', '112-233-445 96'],
  ['ru-inn', 'ИНН ', '7707083893', '7707083894'],
  ['ru-inn', 'INN ', '500100732259', '500100732258'],
  ['tr-id', 'TCKN ', '10000000146', '10000000147'],
  ['cn-resident-id', 'it is ', '11010519491231002X', '110105194912310021'],
  ['jp-my-number', 'My Number: ', '123456789018', '123456789019'],
  ['in-aadhaar', 'it is ', '2341 2341 2346', '2341 2341 2347'],
  ['in-pan', 'it is ', 'ABCPE1234F', 'ABCXE1234F'],
  ['in-gstin', 'of ', '27AAPFU0939F1ZV', '27AAPFU0939F1ZW'],
  ['in-voter-id', 'voter ID ', 'ABC1234567', 'AB12345678'],
  ['kr-rrn', 'it is ', '900101-1234567', '901301-1234567'],
  ['au-tfn', 'TFN ', '123 456 782', '123 456 783'],
  ['au-abn', 'of ', '51 824 753 556', '51 824 753 557'],
  ['au-medicare', 'Medicare ', '2123 45670 1', '2123 45671 1'],
  ['nz-ird', 'IRD ', '49-091-850', '49-091-851'],
  ['hk-id', 'is ', 'A123456(3)', 'A123456(4)'],
  ['tw-id', 'is ', 'A123456789', 'A123456788'],
  ['sg-nric', 'is ', 'S1234567D', 'S1234567E'],
  ['my-nric', 'is ', '900101-14-5678', '901301-14-5678'],
  ['id-nik', 'NIK ', '3171011508900001', '3171013213900001'],
  ['th-id', 'is ', '1-1018-00000-00-3', '1-1018-00000-00-4'],
  ['pk-cnic', 'is ', '42101-1234567-1', '82101-1234567-1'],
  ['il-id', 'Israeli ID ', '123456782', '123456783'],
  ['ae-emirates-id', 'is ', '784-1984-1234567-4', '784-1984-1234567-5'],
  ['za-id', 'is ', '8001015009087', '8001015009088'],
  ['us-routing-number', 'routing number ', '021000021', '021000022'],
  ['uk-sort-code', 'sort code ', '20-00-00', '20-00-0'],
  ['in-ifsc', 'IFSC ', 'SBIN0001234', 'SBIN1001234'],
  ['lei', 'LEI ', '5493001KJTIIGC8Y1R12', '5493001KJTIIGC8Y1R13'],
  ['imei', 'IMEI ', '490154203237518', '490154203237519'],
  ['vin', 'was ', '1HGCM82633A004352', '1HGCM82643A004352'],
  ['us-npi', 'NPI ', '1234567893', '1234567894'],
  ['us-mbi', 'is ', '1EG4-TE5-MK73', '1EG4-TE5-SK73'],
  ['us-dea-number', 'DEA ', 'AB1234563', 'AB1234564'],
  ['passport', 'Passport no. ', 'C01X00T47', 'required'],
  ['driver-license', "my driver's license number is ", 'F162823540116', 'expired'],
  ['license-plate', 'License plate: ', 'B-MW 1234', 'holder'],
  ['medical-record-number', 'MRN: ', '00482913', 'unknown'],
  ['bank-account', 'account number ', '000123456789', '12'],
  ['bic', 'SWIFT code ', 'DEUTDEFF500', 'DEUTXXFF500'],
  ['vat-number', 'VAT ', 'DE136695976', '19'],
  ['id-number', 'ID card ', 'L01X00T471', 'lost'],
  ['postal-code', 'zip code is ', '94105-1234', 'wrong'],
  ['url', 'see ', 'https://www.example.org/a?b=c', 'example'],
  ['age', 'She is ', '38', 'x38'],
  ['age', 'He just turned ', '60', '60%'],
  ['date-time', 'It was on ', '12 March 1980', 'March'],
  ['date-time', 'since ', '2018-01-14 03:07:43', '2018-41-14'],
  ['person-title', 'ask ', 'Dr.', 'Drive'],
  ['coordinates', 'at ', '52.520008, 13.404954', '1.25, 3.5'],
  ['crypto-address', 'to ', '1BoatSLRHtKNngkdXEeobR76b53LETtpyT', '1BoatSLRHtKNngkdXEeobR76b53LETtpyU'],
  ['crypto-address', 'to ', 'bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq', 'bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdp'],
  ['crypto-address', 'to ', '0xde0b295669a9fd93d5f28d9ec85e40f4cb697bae', '0xde0b295669a9fd93d5f28d9ec85e40f4cb697ba'],
];

/** What stands behind a value that only its surroundings tell. */
const AFTER: Readonly<Record<string, string>> = { '38': ' years old', 'Dr.': ' Meyer', Drive: ' Meyer', x38: ' years old' };

/** Key -> a value that the key makes one of the kind, and one that it does not. */
const BY_KEY: readonly (readonly [name: string, key: string, value: string, other: string])[] = [
  ['person-name', 'full_name', 'Ada Lovelace', '{"a": 1}'],
  ['street-address', 'billingAddress', '12 Market Street, Springfield', '0x12'],
  ['coordinates', 'latitude', '52.520008', 'north'],
  ['age', 'age', '38', 'old'],
  ['passport', 'passportNumber', 'C01X00T47', 'none'],
  ['id-number', 'national_id', '8501-22-4471', 'n/a'],
  ['postal-code', 'zip', '94105', 'none'],
  ['bic', 'swift_code', 'DEUTDEFF', 'payments'],
  ['license-plate', 'licensePlate', 'AB12 CDE', 'unknown'],
  ['br-cpf', 'cpf', '11144477735', '11144477736'],
  ['de-tax-id', 'tax_id', '86095742719', '86095742718'],
];

const named = (name: string): Detector => {
  const detector = DETECTORS.find((candidate) => candidate.name === name);
  assert.ok(detector, name);
  return detector;
};

function found(detector: Detector, text: string, key = ''): readonly string[] {
  const features = featuresOf(text);
  const traits = key === '' ? NO_KEY : readKey(key);
  if (features.digits < (detector.fewestDigits ?? 0) || !detector.mayFind(features, traits)) return [];
  const findings = detector.find({ text, features, key: traits }).filter((finding) => finding.score >= THRESHOLD);
  return findings.map(({ start, end }) => text.slice(start, end));
}

for (const [name, before, value, other] of KINDS) {
  test(`${name}: ${value} is found after ${JSON.stringify(before)}, ${other} is not`, () => {
    const behind = (written: string): string => `${before}${written}${AFTER[written] ?? ''}`;
    assert.ok(found(named(name), behind(value)).includes(value), JSON.stringify(found(named(name), behind(value))));
    assert.deepEqual(found(named(name), behind(other)), []);
  });
}

for (const [name, key, value, other] of BY_KEY) {
  test(`${name}: the key ${key} tells ${value}, and not ${other}`, () => {
    assert.deepEqual(new Set(found(named(name), value, key)), new Set([value]));
    assert.deepEqual(found(named(name), other, key), []);
  });
}

test('every kind has a sample', () => {
  const elsewhere = ['secret', 'email', 'credit-card', 'iban', 'us-ssn', 'phone', 'ip-address', 'mac-address', 'date-of-birth'];
  const sampled = new Set([...elsewhere, ...KINDS.map(([name]) => name), ...BY_KEY.map(([name]) => name)]);
  assert.deepEqual(
    DETECTORS.map(({ name }) => name).filter((name) => !sampled.has(name)),
    [],
  );
});

test('joined detectors find what each finds by itself, and the gate for digits rules out nothing', () => {
  for (const [, before, value] of KINDS) {
    const text = `${before}${value}${AFTER[value] ?? ''}; and ${value}`;
    const alone = new Set(DETECTORS.flatMap((detector) => found({ ...detector, fewestDigits: 0 }, text)));
    assert.deepEqual(new Set(joinDetectors(DETECTORS).flatMap((detector) => found(detector, text))), alone, text);
  }
});

test('numbers of a reply that are no identifiers are left alone', () => {
  const texts = [
    '2026-03-10T08:15:30Z',
    '550e8400-e29b-41d4-a716-446655440000',
    '6f1d2c3b4a5968778695a4b3c2d1e0f123456789',
    'ORD-2026-10422',
    'v1.24.3-20260310',
    '1760000000',
    '/srv/data/part-00001.parquet',
    'took 1234567 ms of 99999999 bytes',
    'total 12.345.678 rows, 1,234,567.89 in all',
    'build 20260310.123456.789',
    'see ticket 48213 and pull 1023',
  ];
  const quiet = joinDetectors(DETECTORS).filter(({ name }) => name !== 'url');
  for (const text of texts)
    assert.deepEqual(
      quiet.flatMap((detector) => found(detector, text)),
      [],
      text,
    );
});

test('groups stand for detectors that exist', () => {
  for (const [group, names] of Object.entries(DETECTOR_GROUPS)) {
    assert.ok(!DETECTORS.some(({ name }) => name === group), group);
    assert.deepEqual(expandGroup(group), names);
    for (const name of names) named(name);
  }
  assert.deepEqual(expandGroup('no-such-name'), ['no-such-name']);
});

test('there are rules for more than a hundred kinds of vendor keys, each with beginnings of two characters or more', () => {
  assert.ok(new Set(TOKEN_RULES.map(({ kind }) => kind)).size >= 100);
  for (const { kind, prefixes } of TOKEN_RULES) assert.ok(prefixes.length > 0 && prefixes.every((prefix) => prefix.length >= 2), kind);
});
