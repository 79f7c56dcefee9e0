import { html, type Html } from './html.ts';

const STYLE = `:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:36rem;margin:12vh auto 2rem;padding:0 1rem}h1{font-size:1.3rem}a{color:LinkText}
th{text-align:left;vertical-align:top;padding-right:1rem;font-weight:600;white-space:nowrap}td{unicode-bidi:isolate;overflow-wrap:anywhere}
button,input{font:inherit;padding:.4rem 1rem}input:not([type=hidden]){display:block;text-transform:uppercase}.warning{font-weight:700}`;

/** A page without script, for what is said before or beside the console. `goTo`: where the browser goes at once, a path of ours. */
export function htmlPage(title: string, body: Html, { goTo }: { readonly goTo?: string } = {}): string {
  const { text } = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <meta name="robots" content="noindex" />
        ${goTo === undefined ? html`` : html`<meta http-equiv="refresh" content="0; url=${goTo}" />`}
        <title>${title} - Sallyport</title>
        <style>
          ${STYLE}
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
