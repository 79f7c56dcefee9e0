import { passesLuhn } from '../../digits.ts';
import { endsOnMod11, hasDate, isRepeated, passesMod11And2, passesVerhoeff, weighted } from './checksums.ts';
import type { IdentifierRule } from './rule.ts';

/** Numbers of persons and firms that the countries of Asia, the Pacific, the Middle East and Africa issue. */
export const ASIA_PACIFIC_RULES: readonly IdentifierRule[] = [
  {
    name: 'cn-resident-id',
    description: 'Chinese resident identity numbers with a valid date and check character',
    layouts: ['99999999999999999*', '999999 99999999 999*', '999999-99999999-999*', '999999999999999'],
    valid: (id) => isChinese(id),
    context: /\b(?:resident (?:id|identity)\w*|identity card|id ?card|chin\w+|sfz|shenfenzheng)\b|身份证|身份號|身份号/,
    alone: { '99999999999999999*': 0.9, '999999 99999999 999*': 0.9, '999999-99999999-999*': 0.9 },
  },
  {
    name: 'jp-my-number',
    description: 'Japanese individual numbers (My Number) with a valid check digit, near their word',
    layouts: ['9999 9999 9999', '9999-9999-9999', '999999999999'],
    valid: (id) => !isRepeated(id) && isMyNumber(id),
    context: /\b(?:my ?number|kojin bango|individual number|japan\w*)\b|マイナンバー|個人番号/,
  },
  {
    name: 'in-aadhaar',
    description: 'Indian Aadhaar numbers with a valid check digit',
    layouts: ['9999 9999 9999', '9999-9999-9999', '999999999999'],
    valid: (id) => /^[2-9]/.test(id) && !isRepeated(id) && passesVerhoeff(id),
    context: /\b(?:aadhaa?r\w*|adhaar|uidai|uid|india\w*)\b|आधार/,
    alone: { '9999 9999 9999': 0.7, '9999-9999-9999': 0.6 },
  },
  {
    name: 'in-pan',
    description: 'Indian permanent account numbers (PAN)',
    layouts: ['AAAAA9999A'],
    valid: (id) => /^[A-Z]{3}[ABCFGHJLPT]/.test(id),
    context: /\b(?:pan|permanent account|income tax|india\w*)\b/,
    alone: 0.7,
  },
  {
    name: 'in-gstin',
    description: 'Indian goods and services tax numbers (GSTIN) with a valid check character',
    layouts: ['99AAAAA9999A***'],
    valid: (id) => /^(?:[0-3]\d|9[79])[A-Z]{5}\d{4}[A-Z][1-9A-Z][Z\dA-J]/.test(id) && isGstin(id),
    context: /\b(?:gst(?:in)?|goods and services tax)\b/,
    alone: 0.85,
  },
  {
    name: 'in-voter-id',
    description: 'Indian voter identity numbers (EPIC), near their word',
    layouts: ['AAA9999999'],
    valid: () => true,
    context: /\b(?:voter\w*|epic|elector\w*)\b/,
  },
  {
    name: 'kr-rrn',
    description: 'Korean resident registration numbers with a valid date',
    layouts: ['999999-9999999', '9999999999999'],
    valid: (id) => hasDate(id, 2, 4) && /^\d{6}[0-9]/.test(id) && !isRepeated(id),
    context: /\b(?:rrn|resident registration|jumin\w*|korea\w*)\b|주민/,
    alone: { '999999-9999999': 0.75 },
  },
  {
    name: 'au-tfn',
    description: 'Australian tax file numbers with valid check digits, near their word',
    layouts: ['999 999 999', '999-999-999', '999999999', '99999999', '99 999 999'],
    valid: (id) => !isRepeated(id) && weighted(id, id.length === 8 ? [10, 7, 8, 4, 6, 3, 5, 1] : [1, 4, 3, 7, 5, 8, 6, 9, 10]) % 11 === 0,
    context: /\b(?:tfn|tax ?file|australia\w*|ato)\b/,
  },
  {
    name: 'au-abn',
    description: 'Australian business numbers with valid check digits',
    layouts: ['99 999 999 999', '99999999999', '99-999-999-999'],
    valid: (id) => !id.startsWith('0') && (weighted(id, [10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19]) - 10) % 89 === 0,
    context: /\b(?:abn|business number|australia\w*|gst|vat)\b/,
    alone: { '99 999 999 999': 0.7 },
  },
  {
    name: 'au-medicare',
    description: 'Australian Medicare numbers with a valid check digit, near their word',
    layouts: ['9999 99999 9', '9999999999', '9999-99999-9', '99999999999', '9999 99999 9/9'],
    valid: (id) => /^[2-6]/.test(id) && weighted(id, [1, 3, 7, 9, 1, 3, 7, 9]) % 10 === Number(id[8]),
    context: /\b(?:medicare|health ?card|irn)\b/,
  },
  {
    name: 'nz-ird',
    description: 'New Zealand IRD numbers with a valid check digit, near their word',
    layouts: ['999-999-999', '99-999-999', '999999999', '99999999', '999 999 999'],
    valid: (id) => isIrd(id.padStart(9, '0')),
    context: /\b(?:ird|inland revenue|new zealand|nz)\b/,
  },
  {
    name: 'hk-id',
    description: 'Hong Kong identity card numbers with a valid check digit',
    layouts: ['A999999(*', 'AA999999(*', 'A999999*', 'AA999999*'],
    valid: (id) => isHongKong(id),
    context: /\b(?:hkid|hong kong|identity card)\b|身份證/,
    alone: { 'A999999(*': 0.8, 'AA999999(*': 0.8 },
  },
  {
    name: 'tw-id',
    description: 'Taiwanese identity numbers with a valid check digit',
    layouts: ['A999999999'],
    valid: (id) => /^[A-Z][1289]/.test(id) && isTaiwanese(id),
    context: /\b(?:taiwan\w*|id card|identity card)\b|身分證/,
    alone: 0.7,
  },
  {
    name: 'sg-nric',
    description: 'Singaporean NRIC and FIN numbers with the right check letter',
    layouts: ['A9999999A'],
    valid: (id) => isNric(id),
    context: /\b(?:nric|fin|singapore\w*)\b/,
    alone: 0.75,
  },
  {
    name: 'my-nric',
    description: 'Malaysian identity card numbers (MyKad) with a valid date',
    layouts: ['999999-99-9999', '999999999999'],
    valid: (id) => hasDate(id, 2, 4) && !/^\d{6}(?:00|1[7-9]|20|69|7[03]|8[01]|9[4-7])/.test(id),
    context: /\b(?:mykad|nric|kad pengenalan|malaysia\w*|ic (?:no|number))\b/,
    alone: { '999999-99-9999': 0.65 },
  },
  {
    name: 'id-nik',
    description: 'Indonesian NIK numbers with a valid date, near their word',
    layouts: ['9999999999999999'],
    valid: (id) => hasDate(`${id.slice(8, 10)}${String(Number(id.slice(6, 8)) % 40).padStart(2, '0')}`, 0, 2),
    context: /\b(?:nik|ktp|kartu tanda|nomor induk|indonesia\w*)\b/,
  },
  {
    name: 'th-id',
    description: 'Thai identity numbers with a valid check digit',
    layouts: ['9-9999-99999-99-9', '9999999999999', '9 9999 99999 99 9'],
    valid: (id) => /^[1-8]/.test(id) && endsOnMod11Or0Thai(id),
    context: /\b(?:thai\w*)\b|ประชาชน/,
    alone: { '9-9999-99999-99-9': 0.9, '9 9999 99999 99 9': 0.8 },
  },
  {
    name: 'pk-cnic',
    description: 'Pakistani CNIC numbers',
    layouts: ['99999-9999999-9', '9999999999999'],
    valid: (id) => /^[1-7]\d{11}[1-9]$/.test(id),
    context: /\b(?:cnic|nicop|nadra|pakistan\w*)\b/,
    alone: { '99999-9999999-9': 0.7 },
  },
  {
    name: 'il-id',
    description: 'Israeli identity numbers with a valid check digit, near their word',
    layouts: ['999999999', '99999999-9', '9-9999999-9'],
    valid: (id) => !isRepeated(id) && passesLuhn(id),
    context: /\b(?:teudat zehut|israel\w*|mispar zehut)\b|זהות/,
  },
  {
    name: 'ae-emirates-id',
    description: 'Emirates ID numbers with a valid check digit',
    layouts: ['999-9999-9999999-9', '999999999999999'],
    valid: (id) => /^784(?:19|20)/.test(id) && passesLuhn(id),
    context: /\b(?:emirates id|eid|uae)\b/,
    alone: { '999-9999-9999999-9': 0.9, '999999999999999': 0.7 },
  },
  {
    name: 'za-id',
    description: 'South African identity numbers with a valid date and check digit',
    layouts: ['9999999999999', '999999 9999 999', '999999 9999 99 9'],
    valid: (id) => hasDate(id, 2, 4) && /^\d{10}[012]/.test(id) && passesLuhn(id),
    context: /\b(?:rsa id|sa id|south africa\w*|id)\b/,
    alone: 0.55,
  },
];

/** The 15 digits of before 1999 have a shorter year and no check character. */
function isChinese(id: string): boolean {
  if (!/^[1-6][1-7]/.test(id)) return false;
  if (id.length === 15) return hasDate(id, 8, 10);
  return /^\d{6}(?:18|19|20)/.test(id) && hasDate(id, 10, 12) && passesMod11And2(id);
}

function isMyNumber(id: string): boolean {
  const rest = weighted(id, [6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11;
  return (rest <= 1 ? 0 : 11 - rest) === Number(id[11]);
}

const BASE_36 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ';

function isGstin(id: string): boolean {
  let sum = 0;
  for (let i = 0; i < 14; i += 1) {
    const product = BASE_36.indexOf(id[i] ?? '') * (i % 2 === 0 ? 1 : 2);
    sum += Math.floor(product / 36) + (product % 36);
  }
  return BASE_36[(36 - (sum % 36)) % 36] === id[14];
}

/** A second set of weights counts where the first one gives ten. */
function isIrd(id: string): boolean {
  const value = Number(id.slice(0, 9));
  if (value < 10_000_000 || value > 150_000_000 || isRepeated(id)) return false;
  return [
    [3, 2, 7, 6, 5, 4, 3, 2],
    [7, 4, 3, 2, 5, 2, 7, 6],
  ].some((weights) => endsOnMod11(id, weights));
}

function isHongKong(id: string): boolean {
  const padded = id.padStart(9, ' ');
  let sum = 0;
  for (let i = 0; i < 8; i += 1) sum += (padded[i] === ' ' ? 36 : BASE_36.indexOf(padded[i] ?? '')) * (9 - i);
  return '0123456789A'[(11 - (sum % 11)) % 11] === padded[8];
}

const TAIWAN_LETTERS = 'ABCDEFGHJKLMNPQRSTUVXYWZIO';

function isTaiwanese(id: string): boolean {
  const letter = TAIWAN_LETTERS.indexOf(id[0] ?? '') + 10;
  return (Math.floor(letter / 10) + (letter % 10) * 9 + weighted(id.slice(1), [8, 7, 6, 5, 4, 3, 2, 1, 1])) % 10 === 0;
}

const NRIC_LETTERS: Readonly<Record<string, readonly [offset: number, letters: string]>> = {
  S: [0, 'JZIHGFEDCBA'],
  T: [4, 'JZIHGFEDCBA'],
  F: [0, 'XWUTRQPNMLK'],
  G: [4, 'XWUTRQPNMLK'],
  M: [3, 'XWUTRQPNJLK'],
};

function isNric(id: string): boolean {
  const [offset, letters] = NRIC_LETTERS[id[0] ?? ''] ?? [0, ''];
  const rest = (offset + weighted(id.slice(1), [2, 7, 6, 5, 4, 3, 2])) % 11;
  return letters[id[0] === 'M' ? 10 - rest : rest] === id[8] || letters[rest] === id[8];
}

const endsOnMod11Or0Thai = (id: string): boolean => (11 - (weighted(id, [13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11)) % 10 === Number(id[12]);
