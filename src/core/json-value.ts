/** A value of JSON as it was read. A number that a double would change keeps its source text. */
export type JsonValue = null | boolean | number | string | JsonNumber | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** A number whose text JavaScript would not write back the same: `9007199254740993`, `1.0`, `1e400`. */
export class JsonNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  /** The double of the same value, or undefined where none is exact enough to compare with. */
  exact(): number | undefined {
    const value = Number(this.text);
    if (!Number.isFinite(value)) return undefined;
    if (/^-?\d+$/.test(this.text)) return BigInt(this.text) === BigInt(value) ? value : undefined;
    return significantDigits(this.text) <= 15 ? value : undefined;
  }

  toJSON(): unknown {
    return rawJson(this.text);
  }
}

/** ECMAScript's JSON.rawJSON (Node 22 and newer); not yet in TypeScript's library. */
const rawJson = (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof JsonNumber);
}

/** Array.isArray, for a type whose arrays are readonly. */
export function isJsonArray(value: unknown): value is readonly JsonValue[] {
  return Array.isArray(value);
}

/** The member's value if the object itself has it: never something inherited. */
export function member(value: unknown, key: string): JsonValue | undefined {
  return isJsonObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

function significantDigits(text: string): number {
  return text
    .replace(/[eE].*$/, '')
    .replace(/^-?0*\.?0*|\./g, '')
    .replace(/0+$/, '').length;
}
