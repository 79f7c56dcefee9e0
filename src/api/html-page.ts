import { html, type Html } from './html.ts';
import { PAGE_STYLE } from './page-style.ts';

export interface HtmlPageOptions {
  /** Where the browser goes at once, a path of ours. */
  readonly goTo?: string;
  /** `wide`: for what is read line by line. Default `narrow`. */
  readonly width?: 'narrow' | 'wide';
}

const MARK = html`<svg viewBox="0 0 32 32" width="26" height="26" aria-hidden="true">
  <rect width="32" height="32" rx="7" fill="#0c5561" />
  <path d="M6.5 26V9.5h4V12h3.5V9.5h4V12h3.5V9.5h4V26" fill="none" stroke="#fff" stroke-width="2.2" stroke-linejoin="round" stroke-linecap="round" />
  <path d="M12.5 26v-5a3.5 3.5 0 0 1 7 0v5" fill="#8fe0d0" stroke="#8fe0d0" stroke-linejoin="round" />
</svg>`;

/** A page without script, for what is said before or beside the console. */
export function htmlPage(title: string, body: Html, { goTo, width = 'narrow' }: HtmlPageOptions = {}): string {
  const { text } = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <meta name="robots" content="noindex" />
        ${goTo === undefined ? html`` : html`<meta http-equiv="refresh" content="0; url=${goTo}" />`}
        <title>${title} - Sallyport</title>
        <style>
          ${PAGE_STYLE}
        </style>
      </head>
      <body>
        <main class="${width}">
          <p class="brand">${MARK} Sallyport</p>
          <h1>${title}</h1>
          ${body}
        </main>
      </body>
    </html>`;
  return text;
}

/** What became of something, or why nothing did. */
export function messagePage(title: string, text: string): string {
  return htmlPage(title, html`<p>${text}</p>`);
}

/** Facts by their names, one a row. */
export function factTable(rows: readonly (readonly [name: string, value: string])[]): Html {
  return html`<table>
    ${rows.map(
      ([name, value]) =>
        html`<tr>
          <th scope="row">${name}</th>
          <td>${value}</td>
        </tr>`,
    )}
  </table>`;
}
