import type { Detector } from './detector.ts';
import { age } from './detectors/age.ts';
import { coordinates } from './detectors/coordinates.ts';
import { creditCard } from './detectors/credit-card.ts';
import { cryptoAddress } from './detectors/crypto-address.ts';
import { dateOfBirth } from './detectors/date-of-birth.ts';
import { dateTime } from './detectors/date-time.ts';
import { email } from './detectors/email.ts';
import { iban } from './detectors/iban.ts';
import { BANK_RULES, MEDICAL_RULES } from './detectors/identifiers/other.ts';
import { ipAddress } from './detectors/ip-address.ts';
import { macAddress } from './detectors/mac-address.ts';
import { personTitle } from './detectors/person-title.ts';
import { phone } from './detectors/phone.ts';
import { secret } from './detectors/secret.ts';
import { joinTabled, namesIn, NATIONAL_RULES, tabledDetectors } from './detectors/tabled.ts';
import { url } from './detectors/url.ts';
import { usSsn } from './detectors/us-ssn.ts';

/** Detectors of their own, each with a file. */
const SINGLE: readonly Detector[] = [
  ...[secret, email, creditCard, iban, usSsn, phone, ipAddress, macAddress, dateOfBirth],
  ...[cryptoAddress, coordinates, url, age, dateTime, personTitle],
];

/** Detectors that are rows of a table. */
const TABLED: readonly Detector[] = tabledDetectors();

/** Every detector that a policy may name. Names of persons and places in prose need a language model and have none here. */
export const DETECTORS: readonly Detector[] = [...SINGLE, ...TABLED];

const NATIONAL_ID = [...namesIn(NATIONAL_RULES), 'us-ssn', 'id-number'];
const BANK = [...namesIn(BANK_RULES), 'credit-card', 'iban', 'bank-account', 'bic'];
const MEDICAL = [...namesIn(MEDICAL_RULES), 'medical-record-number', 'uk-nhs', 'au-medicare'];
const DOCUMENT = ['passport', 'driver-license', 'license-plate', 'vat-number', 'vin'];
const CONTACT = ['email', 'phone', 'street-address', 'postal-code'];
const ONLINE = ['ip-address', 'mac-address', 'imei', 'url'];
const CRYPTO = ['crypto-address'];
const PERSON = ['person-name', 'person-title', 'date-of-birth', 'age', 'coordinates'];

/** Names that stand for several detectors. `personal-data` is everything but secrets, web addresses and plain dates. */
export const DETECTOR_GROUPS: Readonly<Record<string, readonly string[]>> = {
  'national-id': NATIONAL_ID,
  bank: BANK,
  medical: MEDICAL,
  document: DOCUMENT,
  contact: CONTACT,
  online: ONLINE,
  crypto: CRYPTO,
  identity: PERSON,
  'personal-data': DETECTORS.map((detector) => detector.name).filter((name) => !['secret', 'url', 'date-time'].includes(name)),
};

/** What a policy may write under `detect`. */
export const DETECTOR_NAMES: readonly string[] = [...DETECTORS.map((detector) => detector.name), ...Object.keys(DETECTOR_GROUPS)];

/** The detectors that a name stands for; any other name for itself. */
export function expandGroup(name: string): readonly string[] {
  return Object.hasOwn(DETECTOR_GROUPS, name) ? (DETECTOR_GROUPS[name] ?? []) : [name];
}

/** The same detectors, those that are rows made into one. */
export const joinDetectors = (detectors: readonly Detector[]): readonly Detector[] => joinTabled(detectors, TABLED);
