import { passesLuhn } from '../../digits.ts';
import { endsOnMod10, endsOnMod11, endsOnMod11Or0, endsOnRest11, hasDate, isRepeated, passesMod11And10, remainder, weighted } from './checksums.ts';
import type { IdentifierRule } from './rule.ts';

const DNI_LETTERS = 'TRWAGMYFPDXBNJZSQVHLCKE';
const HETU_LETTERS = '0123456789ABCDEFHJKLMNPRSTUVWXY';
const NIR_LAYOUTS = ['9 99 99 ** 999 999 99', '99999**99999999', '9 99 99 ** 999 999-99', '9999999999999 99', '9-99-99-**-999-999-99'];

/** Numbers of persons that the countries of Europe issue; Germany, the United Kingdom, France and Italy first. */
export const EUROPEAN_RULES: readonly IdentifierRule[] = [
  {
    name: 'de-tax-id',
    description: 'German tax identification numbers (Steuer-ID) with a valid check digit',
    layouts: ['99 999 999 999', '99999999999', '99.999.999.999', '99/999/999/999'],
    valid: (id) => isSteuerId(id),
    context: /\b(?:steuer ?(?:id|nummer|identifikations?\w*|identnummer)|idnr|tin|steuerliche\w*|german\w*|deutsch\w*)\b/,
    alone: { '99 999 999 999': 0.6 },
  },
  {
    name: 'de-social-insurance',
    description: 'German pension insurance numbers',
    layouts: ['99 999999 A 999', '99999999A999', '99 999999A999'],
    valid: (id) => hasDate(id, 4, 2) && isRvnr(id),
    context: /\b(?:rentenversicherung\w*|sozialversicherung\w*|rvnr|svnr|sv nummer|versicherungsnummer|pension|social insurance)\b/,
    alone: 0.7,
  },
  {
    name: 'uk-nino',
    description: 'UK national insurance numbers',
    layouts: ['AA 99 99 99 A', 'AA999999A', 'AA 999999 A', 'AA-99-99-99-A', 'AA 999999A', 'AA999999'],
    valid: (id) => /^(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]\d{6}[A-D]?$/.test(id),
    context: /\b(?:nino|ni (?:number|no)|national ?insurance|nin|hmrc|insurance number)\b/,
    alone: { 'AA 99 99 99 A': 0.85, AA999999A: 0.6, 'AA 999999 A': 0.7, 'AA-99-99-99-A': 0.7 },
  },
  {
    name: 'uk-nhs',
    description: 'UK National Health Service numbers with a valid check digit, near their word',
    layouts: ['999 999 9999', '999-999-9999', '9999999999'],
    valid: (id) => !isRepeated(id) && endsOnMod11(id, [10, 9, 8, 7, 6, 5, 4, 3, 2]),
    context: /\b(?:nhs\w*|national ?health|health (?:service|number)|patients?)\b/,
  },
  {
    name: 'uk-utr',
    description: 'UK unique taxpayer references, near their word',
    layouts: ['9999999999', '99999 99999'],
    valid: (id) => '21987654321'[weighted(id.slice(1), [6, 7, 8, 9, 10, 5, 4, 3, 2]) % 11] === id[0],
    context: /\b(?:utr|unique taxpayer|tax reference|self assessment)\b/,
  },
  {
    name: 'fr-nir',
    description: 'French social security numbers (NIR) with a valid key',
    layouts: NIR_LAYOUTS,
    valid: (id) => isNir(id),
    context: /\b(?:nir|insee|s[eé]curit[eé] sociale|num[eé]ro de s[eé]cu\w*|n ?ss|carte vitale|social security|french|france)\b/,
    alone: 0.85,
  },
  {
    name: 'fr-tax-id',
    description: 'French tax numbers (SPI) with valid check digits, near their word',
    layouts: ['99 99 999 999 999', '9999999999999'],
    valid: (id) => /^[0-3]/.test(id) && remainder(id.slice(0, 10), 511) === Number(id.slice(10)),
    context: /\b(?:spi|num[eé]ro fiscal|fiscal|imp[oô]ts?|tax)\b/,
    alone: { '99 99 999 999 999': 0.7 },
  },
  {
    name: 'it-fiscal-code',
    description: 'Italian fiscal codes (codice fiscale) with a valid check character',
    layouts: ['AAAAAA**A**A***A', 'AAA AAA **A** A***A', 'AAA AAA **A** A*** A'],
    valid: (id) => /^[A-Z]{6}[\dL-NP-V]{2}[A-EHLMPR-T][\dL-NP-V]{2}[A-Z][\dL-NP-V]{3}[A-Z]$/.test(id) && isCodiceFiscale(id),
    context: /\b(?:codice ?fiscale|cod\.? ?fisc\w*|c\.?f|fiscal ?code|italian\w*|italy)\b/,
    alone: 0.95,
  },
  {
    name: 'es-dni',
    description: 'Spanish identity numbers (DNI, NIF) with the right letter',
    layouts: ['99999999A', '99999999-A', '99.999.999-A', '99.999.999A', '99999999 A', '9999999A'],
    valid: (id) => DNI_LETTERS[Number(id.slice(0, -1)) % 23] === id.at(-1) && !isRepeated(id.slice(0, -1)),
    context: /\b(?:dni|nif|documento nacional|identidad|spanish|spain|espa[nñ]a)\b/,
    alone: { '99999999A': 0.6, '99999999-A': 0.65, '99.999.999-A': 0.8, '99.999.999A': 0.7 },
  },
  {
    name: 'es-nie',
    description: 'Spanish numbers of foreigners (NIE) with the right letter',
    layouts: ['A9999999A', 'A-9999999-A', 'A9999999-A'],
    valid: (id) => /^[XYZ]/.test(id) && DNI_LETTERS[Number(`${'XYZ'.indexOf(id[0] ?? '')}${id.slice(1, 8)}`) % 23] === id[8],
    context: /\b(?:nie|extranjeros?|nif|spanish|spain|espa[nñ]a)\b/,
    alone: 0.8,
  },
  {
    name: 'nl-bsn',
    description: 'Dutch citizen service numbers (BSN) that pass the eleven test, near their word',
    layouts: ['999999999', '9999.99.999', '9999 99 999', '999 999 999', '99999999'],
    valid: (id) => !isRepeated(id) && weighted(id.padStart(9, '0'), [9, 8, 7, 6, 5, 4, 3, 2, -1]) % 11 === 0,
    context: /\b(?:bsn|burgerservice\w*|sofi\w*|persoonsnummer|dutch|netherlands|nederland\w*)\b/,
    alone: { '9999.99.999': 0.6 },
  },
  {
    name: 'pl-pesel',
    description: 'Polish PESEL numbers with a valid date and check digit, near their word',
    layouts: ['99999999999'],
    valid: (id) => hasDate(`${Number(id[2]) % 2}${id[3]}${id.slice(4, 6)}`, 0, 2) && endsOnMod10(id, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3]),
    context: /\b(?:pesel|numer ewidencyjny|poland|polish|polsk\w*)\b/,
  },
  {
    name: 'pl-nip',
    description: 'Polish tax numbers (NIP) with a valid check digit',
    layouts: ['999-999-99-99', '999-99-99-999', '9999999999'],
    valid: (id) => !isRepeated(id) && weighted(id, [6, 5, 7, 2, 3, 4, 5, 6, 7]) % 11 === Number(id[9]),
    context: /\b(?:nip|podatkow\w*|polish|polsk\w*)\b/,
    alone: { '999-999-99-99': 0.6, '999-99-99-999': 0.6 },
  },
  {
    name: 'be-national-number',
    description: 'Belgian national register numbers with valid check digits',
    layouts: ['99.99.99-999.99', '99.99.99-999-99', '99999999999', '999999-999-99', '99 99 99 999 99'],
    valid: (id) => [id.slice(0, 9), `2${id.slice(0, 9)}`].some((digits) => 97 - remainder(digits, 97) === Number(id.slice(9))) && /^\d\d[0-7]/.test(id),
    context: /\b(?:rijksregister\w*|insz|niss|registre national|national register|nrn|belgi\w*|belge)\b/,
    alone: { '99.99.99-999.99': 0.9, '99.99.99-999-99': 0.9, '999999-999-99': 0.8 },
  },
  {
    name: 'ch-ahv',
    description: 'Swiss social insurance numbers (AHV, AVS) with a valid check digit',
    layouts: ['999.9999.9999.99', '9999999999999', '999 9999 9999 99'],
    valid: (id) => id.startsWith('756') && endsOnMod10(id, [1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3]),
    context: /\b(?:ahv\w*|avs|oasi|sozialversicherung\w*|swiss|schweiz\w*|suisse)\b/,
    alone: { '999.9999.9999.99': 0.95, '9999999999999': 0.6, '999 9999 9999 99': 0.8 },
  },
  {
    name: 'at-social-insurance',
    description: 'Austrian social insurance numbers with a valid check digit, near their word',
    layouts: ['9999 999999', '9999999999', '9999-999999'],
    valid: (id) => /^[1-9]/.test(id) && hasDate(id, 6, 4) && weighted(id, [3, 7, 9, 0, 5, 8, 4, 2, 1, 6]) % 11 === Number(id[3]),
    context: /\b(?:svnr|sv ?nummer|sozialversicherung\w*|versicherungsnummer|ecard|austria\w*|[oö]sterreich\w*)\b/,
  },
  {
    name: 'se-personnummer',
    description: 'Swedish personal identity numbers with a valid date and check digit',
    layouts: ['999999-9999', '99999999-9999', '999999+9999', '9999999999', '999999999999'],
    valid: (id) => isPersonnummer(id.slice(-10)) && (id.length === 10 || /^(?:18|19|20)/.test(id)),
    context: /\b(?:personnummer|samordningsnummer|personal (?:identity )?number|swed\w*|svensk\w*)\b/,
    alone: { '999999-9999': 0.65, '99999999-9999': 0.85, '999999+9999': 0.6 },
  },
  {
    name: 'no-fodselsnummer',
    description: 'Norwegian birth numbers with valid check digits',
    layouts: ['99999999999', '999999 99999'],
    valid: (id) => isFodselsnummer(id),
    context: /\b(?:f[oø]dselsn\w*|personnummer|d nummer|norw\w*|norsk\w*|norge)\b/,
    alone: { '99999999999': 0.55, '999999 99999': 0.7 },
  },
  {
    name: 'dk-cpr',
    description: 'Danish CPR numbers with a valid date; bare ones near their word',
    layouts: ['999999-9999', '9999999999', '999999 9999'],
    valid: (id) => hasDate(id, 2, 0),
    context: /\b(?:cpr\w*|personnummer|danish|denmark|dansk\w*|danmark)\b/,
  },
  {
    name: 'fi-hetu',
    description: 'Finnish personal identity codes with a valid check character',
    layouts: ['999999-999*', '999999+999*', '999999A999*'],
    valid: (id) => hasDate(id, 2, 0) && HETU_LETTERS[Number(id.slice(0, 6) + id.slice(-4, -1)) % 31] === id.at(-1),
    context: /\b(?:hetu|henkil[oö]tunnus|personal identity code|finn\w*|suom\w*)\b/,
    alone: { '999999-999*': 0.75, '999999A999*': 0.75, '999999+999*': 0.6 },
  },
  {
    name: 'pt-nif',
    description: 'Portuguese tax numbers (NIF) with a valid check digit, near their word',
    layouts: ['999999999', '999 999 999'],
    valid: (id) => /^[1-35-9]/.test(id) && endsOnMod11Or0NotTen(id),
    context: /\b(?:nif|contribuinte|nipc|portug\w*)\b/,
  },
  {
    name: 'ie-pps',
    description: 'Irish PPS numbers with the right check letter',
    layouts: ['9999999A', '9999999AA'],
    valid: (id) => isPps(id),
    context: /\b(?:ppsn?|pps (?:no|number)|personal public service|irish|ireland)\b/,
  },
  {
    name: 'cz-birth-number',
    description: 'Czech and Slovak birth numbers with a valid check digit',
    layouts: ['999999/9999', '9999999999'],
    valid: (id) =>
      hasDate(`${String((Number(id.slice(2, 4)) % 50) % 20).padStart(2, '0')}${id.slice(4, 6)}`, 0, 2) && remainder(id.slice(0, 9), 11) % 10 === Number(id[9]),
    context: /\b(?:rodn[eé] [cč][ií]slo|birth number|czech|slovak\w*|[cč]esk\w*)\b/,
    alone: { '999999/9999': 0.7 },
  },
  {
    name: 'ro-cnp',
    description: 'Romanian CNP numbers with a valid date and check digit, near their word',
    layouts: ['9999999999999'],
    valid: (id) =>
      /^[1-9]/.test(id) &&
      hasDate(id, 3, 5) &&
      ((weighted(id, [2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9]) % 11) % 10 || (weighted(id, [2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9]) % 11 === 10 ? 1 : 0)) ===
        Number(id[12]),
    context: /\b(?:cnp|cod numeric personal|roman\w*)\b/,
  },
  {
    name: 'bg-egn',
    description: 'Bulgarian EGN numbers with a valid check digit, near their word',
    layouts: ['9999999999'],
    valid: (id) => hasDate(`${String(Number(id.slice(2, 4)) % 20).padStart(2, '0')}${id.slice(4, 6)}`, 0, 2) && endsOnRest11(id, [2, 4, 8, 5, 10, 9, 7, 3, 6]),
    context: /\b(?:egn|uniform civil number|bulgaria\w*)\b/,
  },
  {
    name: 'hr-oib',
    description: 'Croatian OIB numbers with a valid check digit, near their word',
    layouts: ['99999999999'],
    valid: (id) => passesMod11And10(id),
    context: /\b(?:oib|osobni identifikacijski|croatia\w*|hrvatsk\w*)\b/,
  },
  {
    name: 'gr-afm',
    description: 'Greek tax numbers (AFM) with a valid check digit, near their word',
    layouts: ['999999999'],
    valid: (id) => !isRepeated(id) && (weighted(id, [256, 128, 64, 32, 16, 8, 4, 2]) % 11) % 10 === Number(id[8]),
    context: /\b(?:afm|tin|greek|greece|vat)\b|αφμ/,
  },
  {
    name: 'ee-isikukood',
    description: 'Estonian and Lithuanian personal codes with a valid check digit, near their word',
    layouts: ['99999999999'],
    valid: (id) => /^[1-8]/.test(id) && hasDate(id, 3, 5) && isBalticCode(id),
    context: /\b(?:isikukood|asmens kodas|personal code|estonia\w*|lithuania\w*)\b/,
  },
  {
    name: 'ru-snils',
    description: 'Russian pension insurance numbers (SNILS) with valid check digits',
    layouts: ['999-999-999 99', '999-999-999-99', '99999999999'],
    valid: (id) => (weighted(id, [9, 8, 7, 6, 5, 4, 3, 2, 1]) % 101) % 100 === Number(id.slice(9)) && !isRepeated(id.slice(0, 9)),
    context: /\b(?:snils|russia\w*)\b|снилс/,
    alone: { '999-999-999 99': 0.85, '999-999-999-99': 0.8 },
  },
  {
    name: 'ru-inn',
    description: 'Russian tax numbers (INN) with valid check digits, near their word',
    layouts: ['999999999999', '9999999999'],
    valid: (id) => isInn(id),
    context: /\b(?:inn|russia\w*)\b|инн/,
  },
  {
    name: 'tr-id',
    description: 'Turkish identity numbers with valid check digits, near their word',
    layouts: ['99999999999'],
    valid: (id) => isTurkish(id),
    context: /\b(?:t\.?c\.? ?(?:kimlik)?|tckn|kimlik\w*|turk\w*|t[uü]rk\w*)\b/,
  },
];

/** One digit occurs twice or three times among the first ten, as the tax office assigns them. */
function isSteuerId(id: string): boolean {
  const counts = new Map<string, number>();
  for (const digit of id.slice(0, 10)) counts.set(digit, (counts.get(digit) ?? 0) + 1);
  const most = Math.max(...counts.values());
  return !id.startsWith('0') && (most === 2 || most === 3) && passesMod11And10(id);
}

/** The letter counts as its place in the alphabet; products count digit by digit. */
function isRvnr(id: string): boolean {
  const digits = id.slice(0, 8) + String(id.charCodeAt(8) - 64).padStart(2, '0') + id.slice(9);
  const weights = [2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1];
  const sum = weights.reduce((total, weight, at) => {
    const product = weight * Number(digits[at]);
    return total + Math.floor(product / 10) + (product % 10);
  }, 0);
  return sum % 10 === Number(digits[12]);
}

/** The Corsican departments 2A and 2B count as 19 and 18. */
function isNir(id: string): boolean {
  const digits = id.replace('2A', '19').replace('2B', '18');
  return /^[1-478]\d{2}(?:0[1-9]|1[0-2]|[2-4]\d|[5-9]\d)\d{10}$/.test(digits) && 97 - remainder(digits.slice(0, 13), 97) === Number(digits.slice(13));
}

const ODD_VALUES = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];

function isCodiceFiscale(id: string): boolean {
  let sum = 0;
  for (let i = 0; i < 15; i += 1) {
    const code = id.charCodeAt(i);
    const value = code < 58 ? code - 48 : code - 65;
    sum += i % 2 === 0 ? (ODD_VALUES[value] ?? 0) : value;
  }
  return (sum % 26) + 65 === id.charCodeAt(15);
}

const isPersonnummer = (id: string): boolean => hasDate(`${id.slice(2, 4)}${String(Number(id.slice(4, 6)) % 60).padStart(2, '0')}`, 0, 2) && passesLuhn(id);

/** D numbers add 4 to the first digit. */
function isFodselsnummer(id: string): boolean {
  const date = `${Number(id[0]) % 4}${id.slice(1, 4)}`;
  return hasDate(date, 2, 0) && endsOnMod11(id.slice(0, 10), [3, 7, 6, 1, 8, 9, 4, 5, 2]) && endsOnMod11(id, [5, 4, 3, 2, 7, 6, 5, 4, 3, 2]);
}

const endsOnMod11Or0NotTen = (id: string): boolean => endsOnMod11Or0(id, [9, 8, 7, 6, 5, 4, 3, 2]);

function isPps(id: string): boolean {
  const ninth = id.length === 9 ? (id.charCodeAt(8) - 64) * 9 : 0;
  return 'WABCDEFGHIJKLMNOPQRSTUV'[(weighted(id, [8, 7, 6, 5, 4, 3, 2]) + (id[8] === 'W' ? 0 : ninth)) % 23] === id[7];
}

function isBalticCode(id: string): boolean {
  const first = weighted(id, [1, 2, 3, 4, 5, 6, 7, 8, 9, 1]) % 11;
  const second = weighted(id, [3, 4, 5, 6, 7, 8, 9, 1, 2, 3]) % 11;
  return (first < 10 ? first : second % 10) === Number(id[10]);
}

function isInn(id: string): boolean {
  if (isRepeated(id)) return false;
  if (id.length === 10) return endsOnRest11(id, [2, 4, 10, 3, 5, 9, 4, 6, 8]);
  return endsOnRest11(id.slice(0, 11), [7, 2, 4, 10, 3, 5, 9, 4, 6, 8]) && endsOnRest11(id, [3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8]);
}

function isTurkish(id: string): boolean {
  const tenth = ((weighted(id, [7, -1, 7, -1, 7, -1, 7, -1, 7]) % 10) + 10) % 10;
  return /^[1-9]/.test(id) && tenth === Number(id[9]) && weighted(id, [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]) % 10 === Number(id[10]);
}
