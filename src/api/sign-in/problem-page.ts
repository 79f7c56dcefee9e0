import type { Context } from 'hono';
import { isSallyportError } from '../../core/error.ts';
import type { ApiEnv } from '../deps.ts';
import { html } from '../html.ts';
import { htmlPage } from '../html-page.ts';
import { statusOf } from '../refusal.ts';

/** Why nobody is signed in, for the person in front of the browser: nothing of what was sent, and the way out. */
export function signInProblem(c: Context<ApiEnv>, error: unknown, report: (error: unknown) => void): Response {
  const status = statusOf(error);
  if (status >= 500 || (isSallyportError(error) && error.cause !== undefined)) report(error);
  const known = isSallyportError(error) && status !== 500 ? error : undefined;
  const text = known?.message ?? 'the gateway failed on this request';
  const hint = known?.hint === undefined ? html`` : html`<p>${known.hint}</p>`;
  return c.html(
    htmlPage(
      'You are not signed in',
      html`<p>${text}</p>
        ${hint}
        <p><a href="/">Start again</a></p>`,
    ),
    status,
  );
}
