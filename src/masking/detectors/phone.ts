import { isValidPhoneNumber, type CountryCode } from 'libphonenumber-js/max';
import { type Detector, type Finding, hasContext, type Probe } from '../detector.ts';
import { isTimeStamp, onlyDigits } from '../digits.ts';
import { matches } from '../matches.ts';

/** Words that make any number of fitting length a phone number. */
const SURE =
  /\b(?:phones?|telephones?|tel|telefon|telefono|teléfono|mobiles?|mobil|cell|cell ?phone|fax|whats ?app|msisdn|sms|handset|landline)\b|\bphone(?: ?(?:no|number|nr))?\b/u;
/** Words that make a number which some country would assign one. */
const LIKELY =
  /\b(?:call|calls|calling|called|dial|contact|contacts|number|numbers|ring|text me|reach|reached|answering|messages?|registered|office|home|work)\b/u;
/** Words of other numbers, which `LIKELY` would take for a phone's. */
const OTHER =
  /\b(?:card|cc|credit|debit|licen[cs]e|social security|ssn|passport|account|policy|order|invoice|zip|postal|serial|tracking|transaction|reference|ticket|iban|tax|isbn|version)\b/;
const CONTEXT = new RegExp(`${SURE.source}|${LIKELY.source}`, 'u');

const CANDIDATE =
  /(?<![\p{L}\p{N}_.@#$€£,])(?<!\d[-/:.])(?:(?:\+|00)(?=[ (]?\d)[ (]{0,2}|\(\+?(?=\d))?\d(?:[().\-\u2010-\u2015 \u00a0/]{0,3}\d){5,16}(?:(?: ?x ?| ?ext\.? ?)\d{1,6})?(?![\p{L}\p{N}_]|[.,:/-]\d|%)/gu;
const REGIONS: readonly CountryCode[] = [
  'US',
  'GB',
  'DE',
  'FR',
  'IN',
  'ES',
  'IT',
  'BR',
  'JP',
  'AU',
  'CN',
  'NL',
  'SE',
  'CH',
  'BE',
  'PL',
  'DK',
  'NZ',
  'ZA',
  'MX',
];
const NORTH_AMERICAN = /^(?:1[-. ]?)?(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[-.])[2-9]\d{2}[-. ]\d{4}$/;
const DATE_OR_TIME = /^(?:(?:19|20)\d{2}[-/. ][01]?\d[-/. ][0-3]?\d|[0-3]?\d[-/.][0-3]?\d[-/.](?:19|20)\d{2})(?!\d)/;

/** Phone numbers: international ones anywhere, national ones by their form or near a word that says so. */
export const phone: Detector = {
  name: 'phone',
  description: 'phone numbers: international, North American by form, other national ones near their word',
  kinds: ['phone'],
  context: CONTEXT,
  fewestDigits: 7,
  mayFind: (features) => features.chain >= 7,
  find: findPhones,
};

function findPhones(probe: Probe): readonly Finding[] {
  if (isTimeStamp(probe.text)) return [];
  const findings: Finding[] = [];
  for (const match of matches(probe.text, CANDIDATE)) {
    const start = match.index;
    const end = start + match[0].length;
    const score = scoreOf(probe, match[0], start, end);
    if (score > 0) findings.push({ start, end, detector: 'phone', kind: 'phone', score });
  }
  return findings;
}

function scoreOf(probe: Probe, text: string, start: number, end: number): number {
  const digits = onlyDigits(text.replace(/[xe].*$/, ''));
  if (digits.length < 7 || digits.length > 17 || DATE_OR_TIME.test(text) || /^(\d)\1+$/.test(digits)) return 0;
  if (/^\(?(?:\+|00)/.test(text)) return scoreInternational(probe, digits.replace(/^00/, ''), start, end);
  if (NORTH_AMERICAN.test(text.replace(/ ?[xe].*$/, '')) && isValidPhoneNumber(text, 'US')) return 0.7;
  if (hasContext(probe, SURE, start, end)) return digits.length <= 15 ? 0.7 : 0;
  if (!hasContext(probe, LIKELY, start, end) || hasContext(probe, OTHER, start, end)) return 0.2;
  return REGIONS.some((region) => isValidPhoneNumber(text, region)) ? 0.6 : 0.3;
}

function scoreInternational(probe: Probe, digits: string, start: number, end: number): number {
  // The trunk zero of `+44 (0)20 ...` is written for readers and not dialled.
  const national = probe.text.slice(start, end).includes('(0)') ? digits.replace(/^(\d{1,3})0/, '$1') : digits;
  if (isValidPhoneNumber(`+${national}`)) return 0.9;
  return hasContext(probe, SURE, start, end) ? 0.6 : 0.3;
}
