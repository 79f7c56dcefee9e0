/** Whether list and request stand side by side; the same measure as in the style sheet. */
export const isWide = (): boolean => window.matchMedia('(min-width: 961px)').matches;
