const MAX_LENGTH = 320;

/**
 * Whether a text may be an identity's id, name or group: what a reader, a list or a log could take for something else
 * (control and invisible characters, line breaks, commas, space around it, half a surrogate pair) is not.
 */
export function isIdentityText(value: unknown): value is string {
  return (
    typeof value === 'string' && value.length > 0 && value.length <= MAX_LENGTH && value.isWellFormed() && value.trim() === value && !CONFUSING.test(value)
  );
}

/** Cc control, Cf format (bidirectional marks, zero width), Zl and Zp separators, Co private use, and the comma. */
const CONFUSING = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co},]/u;
