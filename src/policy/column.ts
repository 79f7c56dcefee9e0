/** `table.column`, `schema.table.column`; a part in double quotes may hold any character, `*` is any column. */
const COLUMN = /^(?:(?:[\p{L}_][\p{L}\p{N}_$]{0,62}|"[^"\p{Cc}]{1,63}")\.){1,2}(?:[\p{L}_][\p{L}\p{N}_$]{0,62}|"[^"\p{Cc}]{1,63}"|\*)$/u;

export const isColumn = (text: string): boolean => COLUMN.test(text);
