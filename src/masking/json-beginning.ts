// eslint-disable-next-line no-control-regex -- JSON forbids them inside strings
const TOKEN = /\s*(?:[{}[\],:]|"(?:[^"\\\u0000-\u001f]|\\.)*"|-?\d[\d.eE+-]*|true|false|null)/y;
// eslint-disable-next-line no-control-regex -- the same
const UNFINISHED = /^\s*(?:"(?:[^"\\\u0000-\u001f]|\\.)*\\?|[a-z]{0,5}|-)$/;

/** Whether a text may be the beginning of JSON that goes on: an object, an array, or several. By its words only, not its grammar. */
export function couldBeJson(text: string): boolean {
  if (!/^[\s\ufeff]*[{[]\s*(?:["{[\]}\d-]|true|false|null)/.test(text)) return false;
  let at = text.startsWith('\ufeff') ? 1 : 0;
  for (TOKEN.lastIndex = at; TOKEN.test(text); TOKEN.lastIndex = at) at = TOKEN.lastIndex;
  return UNFINISHED.test(text.slice(at));
}
