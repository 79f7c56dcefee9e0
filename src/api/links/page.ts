import type { OpenedLink } from '../../notice/links.ts';
import { noticeOf, type ApprovalNotice } from '../../notice/notice.ts';
import { visible } from '../../notice/visible.ts';
import { html, type Html } from '../html.ts';
import { factTable, htmlPage } from '../html-page.ts';

/** Far more than a person reads; beyond it the page says how much there is. */
const LIMIT = 100_000;

const HIDDEN_AS = '\\u{...}';

/** The approval, and the form that answers it. Works without script. */
export function linkPage({ approval, person }: OpenedLink, consoleUrl: string): string {
  const notice = noticeOf({ ...approval, status: 'pending', answers: [] }, consoleUrl, LIMIT);
  const open = approval.status === 'pending';
  const reason = approval.decision.approvals.some((one) => one.reason === 'required') ? 'required' : 'optional';
  return htmlPage(
    open ? 'Approval needed' : `This approval is ${approval.status}`,
    html`<p>You answer as <b>${visible(person.name)}</b>. Nothing is answered until you press a button; this link works once.</p>
      ${notice ? shown(notice) : html``} ${open ? form(reason) : html`<p>There is nothing left to answer.</p>`}`,
    { width: 'wide' },
  );
}

function shown({ facts, command }: ApprovalNotice): Html {
  const shortened = command.shortened === undefined ? html`` : html`<p class="warning" role="alert">${command.shortened}</p>`;
  return html`${factTable(facts.filter(([name]) => name !== 'status'))}
    <h2>The command, exactly as it would run</h2>
    <p>Characters that do not show are written as ${HIDDEN_AS}.</p>
    <pre>${command.text}</pre>
    ${shortened}`;
}

function form(reason: 'required' | 'optional'): Html {
  return html`<form method="post">
    <label for="reason">Reason (${reason})</label>
    <textarea id="reason" name="reason" maxlength="2000" rows="3"></textarea>
    <p><button name="answer" value="approve">Approve</button> <button class="second" name="answer" value="deny">Deny</button></p>
  </form>`;
}
