import type { Authorization, ClientView } from '../../identity/oauth/authorizations.ts';
import type { DeviceRequest } from '../../identity/oauth/devices.ts';
import { redirectKind } from '../../identity/oauth/redirects.ts';
import { html, type Html } from '../html.ts';

/** What a page that asks needs to know of who is asked. */
export interface Asked {
  readonly person: string;
  readonly csrf: string;
}

/** For who is not signed in, or comes from another site so that the browser keeps the sign-in to itself: nobody is sent on unseen. */
export function strangerPage({ client, redirectUri, target }: Authorization, next: string): string {
  return page(
    'Connect a client',
    html`${facts(client, target, redirectUri)}
      <p>Nothing is given to it until you are signed in and agree.</p>
      <p><a class="button" href="${next}">Continue</a></p>`,
  );
}

export function consentPage({ client, redirectUri, target, scope }: Authorization, { person, csrf }: Asked): string {
  return page(
    'Let this client in?',
    html`<p>You are signed in as <b>${person}</b>.</p>
      ${facts(client, target, redirectUri, scope)} ${warning(redirectUri)} ${answers(csrf, [])}`,
  );
}

/** Where a person types what a device shows. */
export function devicePage({ person, csrf }: Asked, problem?: string): string {
  return page(
    'Connect a device',
    html`<p>You are signed in as <b>${person}</b>.</p>
      ${problem === undefined ? html`` : html`<p class="warning" role="alert">${problem}</p>`}
      <form method="post">
        <input type="hidden" name="csrf" value="${csrf}" />
        <label for="code">The code that the device shows</label>
        <input id="code" name="code" maxlength="32" autocomplete="off" autocapitalize="characters" spellcheck="false" required autofocus />
        <p><button>Continue</button></p>
      </form>`,
  );
}

export function deviceConsentPage({ client, target, scope, address, userCode }: DeviceRequest, { person, csrf }: Asked): string {
  return page(
    'Let this device in?',
    html`<p>You are signed in as <b>${person}</b>.</p>
      ${facts(client, target, undefined, scope)} ${address === undefined ? html`` : html`<p>The code was asked for from <b>${address}</b>.</p>`}
      <p class="warning">Go on only if you started this on a device of yours a moment ago. Nobody else has a reason to send you a code.</p>
      ${answers(csrf, [['code', userCode]])}`,
  );
}

export function messagePage(title: string, text: string): string {
  return page(title, html`<p>${text}</p>`);
}

/** Whose client it is comes before what it calls itself: a name is free to take. */
function facts(client: ClientView, target: string, redirectUri?: string, scope?: string): Html {
  const rows: readonly (readonly [string, string])[] = [
    ['Client', client.host ?? 'not verified: it registered itself'],
    ['calls itself', client.name ?? '-'],
    ['client_id', client.id],
    ['wants to reach', target],
    ...(scope === undefined
      ? []
      : [['may', scope.split(' ').includes('mcp:write') ? 'do what the policy allows you' : 'read what the policy allows you'] as const]),
    ...(redirectUri === undefined ? [] : [['answers go to', redirectUri] as const]),
  ];
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

function warning(redirectUri: string): Html {
  if (redirectKind(redirectUri) === 'web') return html``;
  return html`<p class="warning">
    The answer goes to a program on your own computer. Go on only if you just started it there: any program can use this name.
  </p>`;
}

function answers(csrf: string, more: readonly (readonly [string, string])[]): Html {
  return html`<form method="post">
    <input type="hidden" name="csrf" value="${csrf}" />
    ${more.map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`)}
    <p><button name="answer" value="allow">Allow</button> <button name="answer" value="deny">Deny</button></p>
  </form>`;
}

const STYLE = `:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem}
h1{font-size:1.5rem}th{text-align:left;vertical-align:top;padding-right:1rem;font-weight:600;white-space:nowrap}
td{unicode-bidi:isolate;overflow-wrap:anywhere}input:not([type=hidden]){display:block;font:inherit;padding:.4rem;text-transform:uppercase}
button,.button{display:inline-block;font:inherit;padding:.4rem 1.2rem;border:1px solid;border-radius:.3rem;color:inherit;text-decoration:none}
.warning{font-weight:700}`;

function page(title: string, body: Html): string {
  const { text } = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width" />
        <meta name="robots" content="noindex" />
        <title>${title} - Sallyport</title>
        <link rel="icon" href="/mark.svg" />
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
