/** Check digits, as the issuing bodies publish them. Every function takes compact text: no separators, letters in upper case. */

const digitAt = (text: string, at: number): number => text.charCodeAt(at) - 48;

/** Sum of the first digits, each times its weight. */
export function weighted(text: string, weights: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < weights.length; i += 1) sum += digitAt(text, i) * (weights[i] ?? 0);
  return sum;
}

/** The last digit is what the weighted sum leaves to the next multiple of 10. */
export function endsOnMod10(text: string, weights: readonly number[]): boolean {
  return (10 - (weighted(text, weights) % 10)) % 10 === digitAt(text, text.length - 1);
}

/** The last digit is `11 - sum % 11`; what gives 10 is never issued, 11 is written 0. */
export function endsOnMod11(text: string, weights: readonly number[]): boolean {
  return (11 - (weighted(text, weights) % 11)) % 11 === digitAt(text, text.length - 1);
}

/** As `endsOnMod11`, where 10 is written 0 as well. */
export function endsOnMod11Or0(text: string, weights: readonly number[]): boolean {
  return ((11 - (weighted(text, weights) % 11)) % 11) % 10 === digitAt(text, text.length - 1);
}

/** The last digit is `sum % 11`, and 10 is written 0. */
export function endsOnRest11(text: string, weights: readonly number[]): boolean {
  return (weighted(text, weights) % 11) % 10 === digitAt(text, text.length - 1);
}

/** ISO 7064 MOD 11,10: the German tax number, the Croatian OIB. */
export function passesMod11And10(text: string): boolean {
  let product = 10;
  for (let i = 0; i < text.length - 1; i += 1) {
    const sum = (digitAt(text, i) + product) % 10 || 10;
    product = (sum * 2) % 11;
  }
  return (11 - product) % 10 === digitAt(text, text.length - 1);
}

/** ISO 7064 MOD 11-2, `X` for ten: the Chinese resident number. */
export function passesMod11And2(text: string): boolean {
  let rest = 0;
  for (let i = 0; i < text.length - 1; i += 1) rest = ((rest + digitAt(text, i)) * 2) % 11;
  return '0123456789X'[(12 - rest) % 11] === text.at(-1);
}

/** Remainder of a decimal text of any length. */
export function remainder(digits: string, divisor: number): number {
  let rest = 0;
  for (let i = 0; i < digits.length; i += 1) rest = (rest * 10 + digitAt(digits, i)) % divisor;
  return rest;
}

/** ISO 7064 MOD 97-10 over letters and digits: 1 remains. */
export function passesMod97(text: string): boolean {
  return (
    remainder(
      text.replace(/[A-Z]/g, (letter) => String(letter.charCodeAt(0) - 55)),
      97,
    ) === 1
  );
}

/** Multiplication in the dihedral group of order ten. */
const dihedral = (a: number, b: number): number => (a < 5 ? (b < 5 ? (a + b) % 5 : ((a + b) % 5) + 5) : b < 5 ? ((a - b + 5) % 5) + 5 : (a - b + 5) % 5);
const PERMUTATION = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];

/** Verhoeff's scheme: the Indian Aadhaar number. */
export function passesVerhoeff(text: string): boolean {
  let check = 0;
  for (let i = 0; i < text.length; i += 1) {
    let value = digitAt(text, text.length - 1 - i);
    for (let turn = i % 8; turn > 0; turn -= 1) value = PERMUTATION[value] ?? 0;
    check = dihedral(check, value);
  }
  return check === 0;
}

/** Whether two-digit year, month and day, at the given places, can be a date. */
export function hasDate(text: string, month: number, day: number): boolean {
  const m = Number(text.slice(month, month + 2));
  const d = Number(text.slice(day, day + 2));
  return m >= 1 && m <= 12 && d >= 1 && d <= 31;
}

/** One digit over and over, which nobody is given. */
export const isRepeated = (text: string): boolean => /^(.)\1*$/.test(text);
