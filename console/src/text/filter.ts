/** Whether every word of the filter is somewhere in these texts, whatever its case. A filter without words matches everything. */
export function hasWords(texts: readonly string[], filter: string): boolean {
  const text = texts.join(' ').toLowerCase();
  return filter
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}
