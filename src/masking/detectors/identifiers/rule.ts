/** One kind of identifier, as data: how it is written, what its check digits say, and which words stand near it. */
export interface IdentifierRule {
  readonly name: string;
  readonly description: string;
  /**
   * How it is written: `9` a digit, `A` a letter, `*` either; anything else is the separator that stands there, a blank for any
   * kind of space and `-` for any kind of hyphen.
   */
  readonly layouts: readonly string[];
  /** Judges the letters and digits, in upper case. */
  readonly valid: (compact: string) => boolean;
  /** Words near the value, or in its key. Tested on lower-case text with words parted by spaces. */
  readonly context: RegExp;
  /** Score with no such word near, by layout where only some are telling. Absent: only near its word. */
  readonly alone?: number | Readonly<Record<string, number>>;
}

/** Score near its word. */
export const NEAR = 0.85;

/** Words for the number of a person in any country: with its check digits right, a number near one of them is taken for that. */
export const ANY_ID =
  /\b(?:national ?ids?|tax ?ids?|personal ids?|citizen ids?|resident ids?|government ids?|id (?:numbers?|no|nr|card)|identity (?:number|no|card|code|document)|(?:personal )?identification (?:number|no|code|card)|(?:national|personal|fiscal|tax|taxpayer|social security|social insurance|insurance|citizen) (?:insurance )?(?:identity |identification )?(?:number|no|nr|code)|tin|nin|ssn)\b/;
