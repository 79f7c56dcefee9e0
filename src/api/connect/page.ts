import type { Connection } from '../../credential/connections/connection-rows.ts';
import { html } from '../html.ts';
import { htmlPage } from '../html-page.ts';

interface Shown {
  readonly person: string;
  readonly csrf: string;
  readonly target: string;
  readonly known: Connection | undefined;
}

/** What is connected, and the form that changes it. Works without script. */
export function connectPage({ person, csrf, target, known }: Shown): string {
  const title = known ? `Your account at ${target}` : `Connect your account at ${target}`;
  const state = known
    ? html`<p>It is connected, with an account at <b>${known.issuer}</b>. Your calls, and those of AI agents that act for you, reach ${target} with it.</p>`
    : html`<p>The gateway keeps it for you, sealed, and uses it for your calls and for those of AI agents that act for you. Nobody else's calls get it.</p>`;
  return htmlPage(
    title,
    html`<p>You are signed in to the gateway as <b>${person}</b>.</p>
      ${state}
      <form method="post">
        <input type="hidden" name="csrf" value="${csrf}" />
        <p>
          <button name="answer" value="connect">${known ? 'Connect another account' : 'Connect'}</button>
          ${known ? html`<button class="second" name="answer" value="disconnect">Disconnect</button>` : html``}
        </p>
      </form>`,
  );
}

/** The browser goes on by itself; from a form it may not be led to another site. */
export function departurePage(issuer: string, url: string): string {
  return htmlPage('To the authorization server', html`<p>You agree at <b>${issuer}</b>. <a href="${url}">Go on</a></p>`, { goTo: url });
}

/** Somebody else's page led here; from here on it is one of ours. */
export function arrivalPage(path: string): string {
  return htmlPage('Almost there', html`<p><a href="${path}">Go on</a></p>`, { goTo: path });
}
