import { html, type Html } from './html.ts';

const STYLE = `:root{color-scheme:light dark;background:light-dark(#f4f6f5,#0f1413);color:light-dark(#15201d,#e4eae7)}
body{font:16px/1.5 system-ui,sans-serif;max-width:36rem;margin:12vh auto 2rem;padding:0 1rem}h1{font-size:1.3rem}
p{overflow-wrap:anywhere}p::first-letter{text-transform:uppercase}a{color:light-dark(#0c5561,#74c7d3)}`;

interface PageOptions {
  /** Where the browser goes at once, a path of ours. */
  readonly goTo?: string;
  /** What it looks like beside what all pages do. */
  readonly style?: string;
}

/** A page without script, for what is said before or beside the console. */
export function htmlPage(title: string, body: Html, { goTo, style = '' }: PageOptions = {}): string {
  const { text } = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <meta name="robots" content="noindex" />
        ${goTo === undefined ? html`` : html`<meta http-equiv="refresh" content="0; url=${goTo}" />`}
        <title>${title} - Sallyport</title>
        <style>
          ${STYLE}${style}
        </style>
      </head>
      <body>
        <main>
          <h1>${title}</h1>
          ${body}
        </main>
      </body>
    </html>`;
  return text;
}
