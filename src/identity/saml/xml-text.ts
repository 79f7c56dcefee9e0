const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};

/** XML of our own: whatever is put into it is text. */
export function xml(parts: TemplateStringsArray, ...values: readonly (string | Xml)[]): Xml {
  const text = parts.map((part, at) => `${part}${written(values[at] ?? '')}`).join('');
  return { text: text.replaceAll(/>\s+</g, '><').trim() };
}

export interface Xml {
  readonly text: string;
}

export const NOTHING: Xml = { text: '' };

const written = (value: string | Xml): string =>
  typeof value === 'string' ? value.replaceAll(/[&<>"'\t\n\r]/g, (character) => ESCAPES[character] ?? '') : value.text;
