/**
 * Texts of programs that write values into them differ in little more than numbers. Where nothing but letters, digits and
 * the plainest signs are in a text, there are no strings, comments or parameters in it, and a number that a column is
 * compared with or set to means the same to the analysis whatever it is: types up to nine digits are the same, and
 * what counts places (ORDER BY 1, LIMIT 5) stands behind no operator.
 */
const PLAIN = /^(?:select|update|delete|table|with)[ \t\r\n][\w \t\r\n.,;=<>()*+]*$/i;
/** Not behind `=>`, which names an argument. */
const COMPARED = /(\b[a-z_]\w*[ \t\r\n]*(?:=(?!>)|<>|<=|>=|[<>](?![=>]))[ \t\r\n]*)\d{1,9}(?![\w.])/gi;

/** The text that stands for all that differ from it in such numbers. */
export function templateOf(text: string): string {
  return PLAIN.test(text) ? text.replace(COMPARED, '$11') : text;
}
