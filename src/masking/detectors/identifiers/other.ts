import { passesLuhn } from '../../digits.ts';
import { isRepeated, passesMod97, weighted } from './checksums.ts';
import type { IdentifierRule } from './rule.ts';

/** Numbers of bank accounts. IBANs and cards have detectors of their own. */
export const BANK_RULES: readonly IdentifierRule[] = [
  {
    name: 'us-routing-number',
    description: 'US bank routing numbers (ABA) with a valid check digit, near their word',
    layouts: ['999999999', '9999-9999-9'],
    valid: (id) => /^(?:0\d|1[0-2]|2[1-9]|3[0-2]|6[1-9]|7[0-2]|80)/.test(id) && weighted(id, [3, 7, 1, 3, 7, 1, 3, 7, 1]) % 10 === 0 && !isRepeated(id),
    context: /\b(?:routing|aba|rtn|transit|bank|ach|wire)\b/,
  },
  {
    name: 'uk-sort-code',
    description: 'UK bank sort codes, near their word',
    layouts: ['99-99-99', '999999', '99 99 99'],
    valid: () => true,
    context: /\bsort ?codes?\b/,
  },
  {
    name: 'in-ifsc',
    description: 'Indian bank branch codes (IFSC), near their word',
    layouts: ['AAAA9******'],
    valid: (id) => id[4] === '0',
    context: /\b(?:ifsc?|bank|branch|neft|rtgs|imps)\b/,
  },
  {
    name: 'lei',
    description: 'legal entity identifiers with valid check digits',
    layouts: ['******************99'],
    valid: (id) => /^\d{4}00|^[A-Z\d]{18}/.test(id) && /[A-Z]/.test(id) && passesMod97(id),
    context: /\b(?:lei|legal entity)\b/,
    alone: 0.3,
  },
];

/** Numbers of telephones and vehicles. */
export const DEVICE_RULES: readonly IdentifierRule[] = [
  {
    name: 'imei',
    description: 'IMEI numbers of telephones with a valid check digit',
    layouts: ['99-999999-999999-9', '999999999999999', '99 999999 999999 9', '999999-99-999999-9'],
    valid: (id) => passesLuhn(id) && !isRepeated(id),
    context: /\b(?:imei\w*|devices?|handset|mobile equipment|phone)\b/,
    alone: { '99-999999-999999-9': 0.8, '99 999999 999999 9': 0.6 },
  },
  {
    name: 'vin',
    description: 'vehicle identification numbers: with a valid check digit, or near their word',
    layouts: ['*****************'],
    valid: (id) => /^[A-HJ-NPR-Z\d]{17}$/.test(id) && /[A-Z]/.test(id) && /\d{4}$/.test(id) && isVin(id),
    context: /\b(?:vin|vehicles?|chassis|car|automobile)\b/,
    alone: 0.6,
  },
];

/** Numbers of patients and of those who treat them. */
export const MEDICAL_RULES: readonly IdentifierRule[] = [
  {
    name: 'us-npi',
    description: 'US health care provider numbers (NPI) with a valid check digit, near their word',
    layouts: ['9999999999'],
    valid: (id) => /^[12]/.test(id) && passesLuhn(`80840${id}`),
    context: /\b(?:npi|providers?|physician|prescriber|doctor)\b/,
  },
  {
    name: 'us-mbi',
    description: 'US Medicare beneficiary identifiers',
    layouts: ['****-***-****', '***********'],
    valid: (id) => /^[1-9][AC-HJKMNP-RT-Y][AC-HJKMNP-RT-Y\d]\d[AC-HJKMNP-RT-Y][AC-HJKMNP-RT-Y\d]\d[AC-HJKMNP-RT-Y]{2}\d{2}$/.test(id),
    context: /\b(?:mbi|medicare|beneficiary)\b/,
    alone: { '****-***-****': 0.85, '***********': 0.6 },
  },
  {
    name: 'us-dea-number',
    description: 'US DEA registration numbers with a valid check digit',
    layouts: ['AA9999999', 'A99999999'],
    valid: (id) => /^[A-HJ-MPR-UX][A-Z9]/.test(id) && weighted(id.slice(2), [1, 2, 1, 2, 1, 2]) % 10 === Number(id[8]),
    context: /\b(?:dea|prescriber|physician|registration)\b/,
  },
];

const VIN_VALUES: Readonly<Record<string, number>> = Object.fromEntries(
  Array.from('ABCDEFGHJKLMNPRSTUVWXYZ').map((letter, at) => [letter, [1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 7, 9, 2, 3, 4, 5, 6, 7, 8, 9][at] ?? 0]),
);
const VIN_WEIGHTS = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];

/** 49 CFR 565: the ninth place is the check digit. European makers do not fill it: theirs are found by `labelled.ts`. */
function isVin(id: string): boolean {
  let sum = 0;
  for (let i = 0; i < 17; i += 1) sum += (VIN_VALUES[id[i] ?? ''] ?? Number(id[i])) * (VIN_WEIGHTS[i] ?? 0);
  return '0123456789X'[sum % 11] === id[8];
}
