/** What a statement does, written `class:verb:object[detail]`; a part that says nothing more is left out. README.md lists them. */
export interface Effect {
  readonly name: string;
  /** Columns of the object, where the effect is on some of them. */
  readonly columns: readonly string[];
}

/** `read:public.users[id]`, one text a column; the bare name where no column is named. */
export function effectTexts({ name, columns }: Effect): readonly string[] {
  return columns.length === 0 ? [name] : columns.map((column) => `${name}[${column}]`);
}

/** Nothing but a computation. */
export const COMPUTES = 'read';
/** What nobody understood; only a rule that names it literally lets it through. */
export const UNKNOWN = 'unknown';

/** Text from a statement, made fit for a name that rules match and people read. */
export function detail(text: string): string {
  // oxlint-disable-next-line no-control-regex -- names may hold any character
  return text.replaceAll(/[\u0000-\u001f\u007f\s]+/g, '_').slice(0, 200);
}
