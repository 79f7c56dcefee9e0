import type { Authorization, ClientView } from '../../identity/oauth/authorizations.ts';
import type { DeviceRequest } from '../../identity/oauth/devices.ts';
import { OWN_API } from '../../identity/audience.ts';
import { redirectKind } from '../../identity/oauth/redirects.ts';
import { factTable, htmlPage } from '../html-page.ts';
import { html, type Html } from '../html.ts';

/** What a page that asks needs to know of who is asked. */
export interface Asked {
  readonly person: string;
  readonly csrf: string;
}

/** For who is not signed in, or comes from another site so that the browser keeps the sign-in to itself: nobody is sent on unseen. */
export function strangerPage({ client, redirectUri, target }: Authorization, next: string): string {
  return htmlPage(
    'Connect a client',
    html`${facts(client, target, redirectUri)}
      <p>Nothing is given to it until you are signed in and agree.</p>
      <p><a class="button" href="${next}">Continue</a></p>`,
  );
}

export function consentPage({ client, redirectUri, target, scope }: Authorization, { person, csrf }: Asked): string {
  return htmlPage(
    'Let this client in?',
    html`<p>You are signed in as <b>${person}</b>.</p>
      ${facts(client, target, redirectUri, scope)} ${warning(redirectUri)} ${answers(csrf, [])}`,
  );
}

/** Where a person types what a device shows. */
export function devicePage({ person, csrf }: Asked, problem?: string): string {
  return htmlPage(
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
  return htmlPage(
    'Let this device in?',
    html`<p>You are signed in as <b>${person}</b>.</p>
      ${facts(client, target, undefined, scope)} ${address === undefined ? html`` : html`<p>The code was asked for from <b>${address}</b>.</p>`}
      <p class="warning">Go on only if you started this on a device of yours a moment ago. Nobody else has a reason to send you a code.</p>
      ${answers(csrf, [['code', userCode]])}`,
  );
}

/** Clients keep for years what they registered, and a gateway does not: the way out is theirs. */
export function clientErrorPage(description: string): string {
  const out = 'Start again in your client. If it stays so, have the client forget this gateway, and add its address anew.';
  return htmlPage(
    'The client sent something that is not accepted',
    html`<p>${description}</p>
      <p>${out}</p>`,
  );
}

/** Whose client it is comes before what it calls itself: a name is free to take. */
function facts(client: ClientView, target: string, redirectUri?: string, scope?: string): Html {
  const rows: readonly (readonly [string, string])[] =
    target === OWN_API
      ? ownFacts(client, redirectUri)
      : [
          ['client', client.host ?? 'not verified: it registered itself'],
          ['calls itself', client.name ?? '-'],
          ['client_id', client.id],
          ['wants to reach', target],
          ...(scope === undefined
            ? []
            : [['may', scope.split(' ').includes('mcp:write') ? 'do what the policy allows you' : 'read what the policy allows you'] as const]),
          ...(redirectUri === undefined ? [] : [['answers go to', redirectUri] as const]),
        ];
  return factTable(rows);
}

/** It is given more than a client of a target: it is told in these words, and not in the terms of one. */
const ownFacts = (client: ClientView, redirectUri?: string): readonly (readonly [string, string])[] => [
  ['client', client.name ?? client.id],
  ['wants to', 'sign in as you'],
  ['may', 'do whatever you may do here, approvals among it, for eight hours or until you sign out'],
  ...(redirectUri === undefined ? [] : [['answers go to', redirectUri] as const]),
];

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
    <p><button name="answer" value="allow">Allow</button> <button class="second" name="answer" value="deny">Deny</button></p>
  </form>`;
}
