import { isJsonObject, type JsonValue } from '../core/json.ts';
import { nestedBase64 } from './nested.ts';

const PLACEHOLDER = /\[redacted:[a-z0-9-]{1,64}\]|\[hash:[a-z0-9-]{1,64}:[0-9a-f]{12}\]|\*{4}/;

/**
 * Whether a value that a caller sends holds what masking wrote: writing it back would destroy the data it stands for.
 * `fake` and `null` leave nothing to tell them by.
 */
export function containsPlaceholder(value: JsonValue): boolean {
  if (typeof value === 'string') return PLACEHOLDER.test(value) || PLACEHOLDER.test(nestedBase64(value)?.value ?? '');
  if (Array.isArray(value)) return value.some(containsPlaceholder);
  return isJsonObject(value) && Object.keys(value).some((key) => PLACEHOLDER.test(key) || containsPlaceholder(value[key] ?? null));
}
