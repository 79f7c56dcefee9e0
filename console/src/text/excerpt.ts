/** The beginning of a text, cut so that neither many characters nor many lines flood the page. */
export interface Excerpt {
  readonly text: string;
  readonly complete: boolean;
}

export interface ExcerptLimits {
  readonly characters: number;
  readonly lines: number;
}

export function excerpt(text: string, limits: ExcerptLimits): Excerpt {
  let end = Math.min(text.length, limits.characters);
  for (let at = 0, lines = 1; ; lines += 1) {
    const next = text.indexOf('\n', at);
    if (next === -1 || next >= end) break;
    if (lines === limits.lines) end = next;
    at = next + 1;
  }
  if (end < text.length && isHighSurrogate(text, end - 1)) end -= 1;
  return { text: text.slice(0, end), complete: end === text.length };
}

/** SHA-256 of the text's UTF-8 bytes, hex; undefined where the browser offers no digest (a page that is neither https nor localhost). */
export async function sha256(text: string): Promise<string | undefined> {
  // Typed as always there; browsers leave it out of insecure pages.
  const subtle = globalThis.crypto?.subtle as SubtleCrypto | undefined;
  if (subtle === undefined) return undefined;
  const digest = await subtle.digest('SHA-256', new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

const isHighSurrogate = (text: string, at: number): boolean => (text.charCodeAt(at) & 0xfc00) === 0xd800;
