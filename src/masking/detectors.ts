import type { Detector } from './detector.ts';
import { creditCard } from './detectors/credit-card.ts';
import { dateOfBirth } from './detectors/date-of-birth.ts';
import { email } from './detectors/email.ts';
import { iban } from './detectors/iban.ts';
import { ipAddress } from './detectors/ip-address.ts';
import { macAddress } from './detectors/mac-address.ts';
import { phone } from './detectors/phone.ts';
import { secret } from './detectors/secret.ts';
import { usSsn } from './detectors/us-ssn.ts';

/** Every detector that a policy may name. Names of persons and places need a language model and have none here. */
export const DETECTORS: readonly Detector[] = [secret, email, creditCard, iban, usSsn, phone, ipAddress, macAddress, dateOfBirth];
