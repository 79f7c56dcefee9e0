import type { Detector, Finding, Probe } from '../detector.ts';
import { HAS, type Features } from '../features.ts';
import { keySays } from '../key.ts';
import { matches } from '../matches.ts';

const PAIR = /(?<![\w.+-])[-+]?\d{1,2}\.\d{3,12}°?\s?[NS]?\s{0,2}[,;]\s{0,2}[-+]?\d{1,3}\.\d{3,12}(?:°?\s?[EW]\b|°|(?![\w.]))/g;
const DEGREES =
  /(?<![\w.])\d{1,2}°\s?\d{1,2}['′]\s?(?:\d{1,2}(?:\.\d{1,6})?["″]\s?)?[NS][,;]?\s{0,2}\d{1,3}°\s?\d{1,2}['′]\s?(?:\d{1,2}(?:\.\d{1,6})?["″]\s?)?[EW]/g;

const KEY = /(?:^| )(?:lat|latitude|lng|lon|long|longitude|geo ?(?:lat|lon|lng)|coordinates?|geo ?location|gps)$/;
const WHOLE = /^[-+]?\d{1,3}\.\d{2,12}(?:[,; ]{1,2}[-+]?\d{1,3}\.\d{2,12})?$/;

/** Latitude and longitude: pairs in decimal degrees or in degrees and minutes; one alone where the key says so. */
export const coordinates: Detector = {
  name: 'coordinates',
  description: 'pairs of geographic coordinates, and single ones where a JSON key says so',
  kinds: ['coordinates'],
  context: KEY,
  fewestDigits: 3,
  mayFind: (features, key) => (features.digits >= 6 && (features.dots >= 2 || isWide(features))) || (features.dots > 0 && keySays(key, KEY)),
  find: findCoordinates,
};

/** The sign for degrees is no ASCII. */
const isWide = (features: Features): boolean => (features.seen & HAS.wide) !== 0;

function findCoordinates({ text, key, features }: Probe): readonly Finding[] {
  if (keySays(key, KEY) && WHOLE.test(text)) return [finding(0, text.length)];
  return [...(features.dots >= 2 ? matches(text, PAIR) : []), ...(text.includes('°') ? matches(text, DEGREES) : [])]
    .filter((match) => inRange(match[0]))
    .map((match) => finding(match.index, match.index + match[0].length));
}

const finding = (start: number, end: number): Finding => ({ start, end, detector: 'coordinates', kind: 'coordinates', score: 0.7 });

function inRange(pair: string): boolean {
  const [latitude = 0, longitude = 0] = pair.includes('′') || pair.includes("'") ? [] : (pair.match(/\d{1,3}\.\d+/g) ?? []).map(Number);
  return latitude <= 90 && longitude <= 180;
}
