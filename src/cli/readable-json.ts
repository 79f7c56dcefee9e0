/** JSON is laid out, whatever else it is stays as it is. A row of a table, a list of values among such lists, is one line. */
export function readableJson(text: string): string {
  try {
    return lines(JSON.parse(text), '', 'alone');
  } catch {
    return text;
  }
}

function lines(value: unknown, indent: string, place: 'alone' | 'listed'): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  if (Array.isArray(value) && place === 'listed' && value.every(isPlain)) return `[${value.map((one) => JSON.stringify(one)).join(', ')}]`;
  const deeper = `${indent}  `;
  const parts = Array.isArray(value)
    ? value.map((one) => lines(one, deeper, 'listed'))
    : Object.entries(value).map(([name, one]) => `${JSON.stringify(name)}: ${lines(one, deeper, 'alone')}`);
  return parts.length === 0 ? `${open}${close}` : `${open}\n${parts.map((part) => deeper + part).join(',\n')}\n${indent}${close}`;
}

const isPlain = (value: unknown): boolean => typeof value !== 'object' || value === null;
