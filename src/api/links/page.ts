import type { OpenedLink } from '../../notice/links.ts';
import { noticeOf, type ApprovalNotice } from '../../notice/notice.ts';
import { visible } from '../../notice/visible.ts';
import { htmlPage } from '../html-page.ts';
import { html, type Html } from '../html.ts';

/** Far more than a person reads; beyond it the page says how much there is. */
const LIMIT = 100_000;

const HIDDEN_AS = '\\u{...}';

/** The approval, and the form that answers it. Works without script. */
export function linkPage({ approval, person }: OpenedLink, consoleUrl: string): string {
  const notice = noticeOf({ ...approval, status: 'pending', answers: [] }, consoleUrl, LIMIT);
  const open = approval.status === 'pending';
  const reason = approval.decision.approvals.some((one) => one.reason === 'required') ? 'required' : 'optional';
  return page(
    open ? 'Approval needed' : `This approval is ${approval.status}`,
    html`<p>You answer as <b>${visible(person.name)}</b>. Nothing is answered until you press a button; this link works once.</p>
      ${notice ? shown(notice) : html``} ${open ? form(reason) : html`<p>There is nothing left to answer.</p>`}`,
  );
}

function shown({ facts, command }: ApprovalNotice): Html {
  const rows = facts
    .filter(([name]) => name !== 'status')
    .map(
      ([name, value]) =>
        html`<tr>
          <th scope="row">${name}</th>
          <td>${value}</td>
        </tr>`,
    );
  const shortened = command.shortened === undefined ? html`` : html`<p class="warning" role="alert">${command.shortened}</p>`;
  return html`<table>
      ${rows}
    </table>
    <h2>The command, exactly as it would run</h2>
    <p>Characters that do not show are written as ${HIDDEN_AS}.</p>
    <pre>${command.text}</pre>
    ${shortened}`;
}

function form(reason: 'required' | 'optional'): Html {
  return html`<form method="post">
    <label for="reason">Reason (${reason})</label>
    <textarea id="reason" name="reason" maxlength="2000" rows="3"></textarea>
    <p><button name="answer" value="approve">Approve</button> <button name="answer" value="deny">Deny</button></p>
  </form>`;
}

/** What became of it, or why nothing did. */
export function messagePage(title: string, text: string): string {
  return page(title, html`<p>${text}</p>`);
}

/** A command is wide. */
const STYLE = `body{max-width:60rem;margin:2rem auto}
th{text-align:left;vertical-align:top;padding-right:1rem;font-weight:600}td,pre{unicode-bidi:isolate;overflow-wrap:anywhere}
pre{white-space:pre-wrap;border:1px solid;padding:1rem}textarea{display:block;width:100%}button{font:inherit;padding:.4rem 1.2rem}.warning{font-weight:700}`;

const page = (title: string, body: Html): string => htmlPage(title, body, { style: STYLE });
