import type { Detector } from '../detector.ts';
import { matches } from '../matches.ts';

const PAIR = /(?<![\w.+-])[-+]?\d{1,2}\.\d{3,12}°?\s?[NS]?\s{0,2}[,;]\s{0,2}[-+]?\d{1,3}\.\d{3,12}(?:°?\s?[EW]\b|°|(?![\w.]))/g;
const DEGREES = /(?<![\w.])\d{1,2}°\s?\d{1,2}['′]\s?(?:\d{1,2}(?:\.\d{1,6})?["″]\s?)?[NS][,;]?\s{0,2}\d{1,3}°\s?\d{1,2}['′]\s?(?:\d{1,2}(?:\.\d{1,6})?["″]\s?)?[EW]/g;

/** Pairs of latitude and longitude, in decimal degrees or in degrees and minutes. */
export const coordinates: Detector = {
  name: 'coordinates',
  description: 'pairs of geographic coordinates',
  kinds: ['coordinates'],
  context: /\b(?:coordinates?|latitude|longitude|gps|geo|position|location)\b/,
  mayFind: (features) => features.digits >= 6 && features.length >= 11,
  find: ({ text, features }) =>
    [...(features.dots >= 2 ? matches(text, PAIR) : []), ...(text.includes('°') ? matches(text, DEGREES) : [])]
      .filter((match) => inRange(match[0]))
      .map((match) => ({ start: match.index, end: match.index + match[0].length, detector: 'coordinates', kind: 'coordinates', score: 0.7 })),
};

function inRange(pair: string): boolean {
  const [latitude = 0, longitude = 0] = pair.includes('′') || pair.includes("'") ? [] : (pair.match(/\d{1,3}\.\d+/g) ?? []).map(Number);
  return latitude <= 90 && longitude <= 180;
}
