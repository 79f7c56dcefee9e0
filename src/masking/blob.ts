import type { Masked, Masker } from '../core/masker.ts';
import { readable } from './nested.ts';

const TEXTUAL =
  /^(?:text\/|[a-z]+\/(?:[\w.-]+\+)?(?:json|xml|yaml)\b|application\/(?:x-)?(?:javascript|ecmascript|typescript|toml|sql|graphql|ndjson|jsonl|json-seq|csv|sh|shellscript|www-form-urlencoded|pem-file|pkcs8|httpd-php|python|ruby|perl)\b)/i;
const BASE64 = /^[A-Za-z0-9+/_\s-]*={0,2}\s*$/;
const PROBED = 1024;

/**
 * Base64 data with a declared type. What is text, by its type or by its bytes, is decoded, masked and encoded again; data
 * that claims to be text and cannot be read is withheld. Other data (images, archives) passes as it is.
 */
export function maskBlob(data: string, mimeType: string | undefined, masker: Masker): Masked<string> {
  const claimsText = mimeType !== undefined && TEXTUAL.test(mimeType.trim());
  const text = claimsText || mayBeText(data) ? decode(data) : undefined;
  if (text !== undefined) return maskDecoded(data, text, masker);
  if (!claimsText) return { value: data, applied: [] };
  return { value: encode('[redacted:unreadable]'), applied: [{ by: 'detector', name: 'unreadable', count: 1 }] };
}

function maskDecoded(data: string, text: string, masker: Masker): Masked<string> {
  const { value, applied } = masker.text(text);
  return { value: value === text ? data : encode(value), applied };
}

const encode = (text: string): string => Buffer.from(text).toString('base64');

/** The first bytes tell an image from a text without decoding all of it. UTF-8 cut in the middle of a character is text. */
function mayBeText(data: string): boolean {
  const bytes = Buffer.from(data.slice(0, PROBED), 'base64');
  return [0, 1, 2, 3].some((cut) => bytes.length >= cut && readable(bytes.subarray(0, bytes.length - cut)) !== undefined);
}

function decode(data: string): string | undefined {
  return BASE64.test(data) ? readable(Buffer.from(data, 'base64')) : undefined;
}
