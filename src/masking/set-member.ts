import type { JsonValue } from '../core/json.ts';

/** Sets an own member, also one called `__proto__`; a name that masking made equal to another gets a number. */
export function setMember(object: Record<string, JsonValue>, key: string, value: JsonValue): void {
  const free = Object.hasOwn(object, key) ? freeName(object, key) : key;
  if (free === '__proto__') Object.defineProperty(object, free, { value, enumerable: true, configurable: true, writable: true });
  else object[free] = value;
}

function freeName(object: Record<string, JsonValue>, key: string): string {
  let number = 2;
  while (Object.hasOwn(object, `${key}#${number}`)) number += 1;
  return `${key}#${number}`;
}
