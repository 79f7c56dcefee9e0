import { passesLuhn } from '../../digits.ts';
import { hasDate, isRepeated, weighted } from './checksums.ts';
import type { IdentifierRule } from './rule.ts';

/** Numbers of persons and firms that the countries of America issue. The US social security number has a detector of its own. */
export const AMERICAN_RULES: readonly IdentifierRule[] = [
  {
    name: 'us-itin',
    description: 'US individual taxpayer identification numbers',
    layouts: ['999-99-9999', '999 99 9999', '999999999'],
    valid: (id) => /^9\d\d(?:5\d|6[0-5]|7\d|8[0-8]|9[0-24-9])/.test(id),
    context: /\b(?:itin|tin|individual taxpayer|taxpayer|tax ?id|ssn|irs)\b/,
    alone: { '999-99-9999': 0.6 },
  },
  {
    name: 'us-ein',
    description: 'US employer identification numbers, near their word',
    layouts: ['99-9999999', '99 9999999', '999999999'],
    valid: (id) => /^(?:0[1-6]|1[0-6]|2[0-7]|3[0-9]|4[0-8]|5[0-9]|6[0-8]|7[1-7]|8[0-8]|9[0-589])\d{7}$/.test(id) && !isRepeated(id),
    context: /\b(?:e?in|fein|employer (?:id|identification)|federal (?:tax|employer)|federal ?id|tax ?id|irs)\b(?<!\bin)/,
  },
  {
    name: 'ca-sin',
    description: 'Canadian social insurance numbers with a valid check digit',
    layouts: ['999-999-999', '999 999 999', '999999999'],
    valid: (id) => /^[1-79]/.test(id) && passesLuhn(id) && !isRepeated(id),
    context: /\b(?:sin|social insurance|assurance sociale|nas|canad[ai]\w*|cra)\b/,
  },
  {
    name: 'br-cpf',
    description: 'Brazilian CPF numbers of persons with valid check digits',
    layouts: ['999.999.999-99', '999 999 999 99', '999 999 999-99', '999999999-99', '99999999999'],
    valid: (id) => isCpf(id),
    context: /\b(?:cpf|cadastro|pessoas? f[ií]sicas?|contribuinte|brazil\w*|brasil\w*)\b/,
    alone: { '999.999.999-99': 0.9, '999999999-99': 0.7, '999 999 999-99': 0.7 },
  },
  {
    name: 'br-cnpj',
    description: 'Brazilian CNPJ numbers of firms with valid check digits, those with letters too',
    layouts: ['**.***.***/****-99', '99999999/9999-99', '************99'],
    valid: (id) => isCnpj(id),
    context: /\b(?:cnpj|pessoa jur[ií]dica|empresa|company|brazil\w*|brasil\w*)\b/,
    alone: { '**.***.***/****-99': 0.9, '99999999/9999-99': 0.8 },
  },
  {
    name: 'mx-curp',
    description: 'Mexican CURP codes of persons',
    layouts: ['AAAA999999AAAAAA*9'],
    valid: (id) => /^[A-Z][AEIOUX][A-Z]{2}\d{6}[HMX][A-Z]{2}[B-DF-HJ-NP-TV-Z]{3}/.test(id) && hasDate(id, 6, 8) && isCurp(id),
    context: /\b(?:curp|clave [uú]nica|m[eé]xic\w*)\b/,
    alone: 0.95,
  },
  {
    name: 'mx-rfc',
    description: 'Mexican RFC tax codes of persons and firms',
    layouts: ['AAAA999999***', 'AAAA-999999-***', 'AAAA 999999 ***', 'AAA999999***', 'AAA-999999-***'],
    valid: (id) => (/^[A-Z]{4}/.test(id) ? hasDate(id, 6, 8) : hasDate(id, 5, 7)) && /[A-Z\d]{2}[\dA]$/.test(id),
    context: /\b(?:rfc|registro federal|contribuyentes?|m[eé]xic\w*)\b/,
    alone: { 'AAAA999999***': 0.6, 'AAAA-999999-***': 0.6 },
  },
  {
    name: 'ar-cuit',
    description: 'Argentine CUIT and CUIL numbers with a valid check digit',
    layouts: ['99-99999999-9', '99999999999'],
    valid: (id) => /^(?:2[03-7]|3[034])/.test(id) && (11 - (weighted(id, [5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11)) % 11 === Number(id[10]),
    context: /\b(?:cuit|cuil|afip|arca|argentin\w*)\b/,
    alone: { '99-99999999-9': 0.7 },
  },
  {
    name: 'cl-rut',
    description: 'Chilean RUT and RUN numbers with a valid check digit',
    layouts: ['99.999.999-*', '9.999.999-*', '99999999-*', '9999999-*'],
    valid: (id) => isRut(id),
    context: /\b(?:rut|run|rol [uú]nico|c[eé]dula|chile\w*)\b/,
    alone: { '99.999.999-*': 0.8, '9.999.999-*': 0.7 },
  },
];

const cpfDigit = (id: string, count: number): number =>
  ((weighted(
    id,
    Array.from({ length: count }, (_, index) => count + 1 - index),
  ) *
    10) %
    11) %
  10;

const isCpf = (id: string): boolean => !isRepeated(id) && cpfDigit(id, 9) === Number(id[9]) && cpfDigit(id, 10) === Number(id[10]);

/** A letter counts its code less that of 0, as digits do; from July 2026 the first twelve places may be letters. */
function isCnpj(id: string): boolean {
  if (isRepeated(id)) return false;
  const digit = (weights: readonly number[]): number => {
    const rest = weighted(id, weights) % 11;
    return rest < 2 ? 0 : 11 - rest;
  };
  return digit([5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]) === Number(id[12]) && digit([6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]) === Number(id[13]);
}

const CURP_VALUES = '0123456789ABCDEFGHIJKLMNÑOPQRSTUVWXYZ';

function isCurp(id: string): boolean {
  let sum = 0;
  for (let i = 0; i < 17; i += 1) sum += CURP_VALUES.indexOf(id[i] ?? '') * (18 - i);
  return (10 - (sum % 10)) % 10 === Number(id[17]);
}

function isRut(id: string): boolean {
  if (isRepeated(id) || !/^\d{7,8}[\dK]$/.test(id)) return false;
  const padded = id.padStart(9, '0');
  return '0123456789K'[(11 - (weighted(padded, [3, 2, 7, 6, 5, 4, 3, 2]) % 11)) % 11] === padded[8];
}
