import type { JsonObject } from '../core/json.ts';
import type { ApprovalNotice, Notice } from './notice.ts';

export const APPROVE = 'sallyport-approve';
export const DENY = 'sallyport-deny';
export const REASON = 'sallyport-reason';

/** Characters of one text that Slack takes. */
export const SLACK_TEXT = 2_800;
const MAX_HEADER = 150;

/** What a button answers: this approval, of this very command. */
const buttonValue = ({ approval }: Pick<ApprovalNotice, 'approval'>): string => `${approval.id} ${approval.digest}`;

/** Everything from elsewhere stands in preformatted or plain text, where Slack reads no markup, links or mentions. */
export function slackBlocks(notice: Notice): readonly JsonObject[] {
  const { title, facts, url } = notice;
  const width = Math.max(...facts.map(([name]) => name.length));
  const told = facts.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join('\n');
  return [
    { type: 'header', text: plain(title.slice(0, MAX_HEADER)) },
    preformatted(told.length <= SLACK_TEXT ? told : `${told.slice(0, SLACK_TEXT)}\n[... more in the console]`),
    ...(notice.kind === 'alert' ? [] : commandBlocks(notice)),
    { type: 'context', elements: [plain(`In the console: ${url}`)] },
  ];
}

function commandBlocks(notice: ApprovalNotice): readonly JsonObject[] {
  const { command, kind } = notice;
  return [
    { type: 'context', elements: [plain('The command, exactly as it would run (characters that do not show are written as \\u{...}):')] },
    preformatted(command.text),
    ...(command.shortened ? [{ type: 'section', text: plain(command.shortened) }] : []),
    ...(kind === 'requested' ? answering(notice) : []),
  ];
}

function answering(notice: ApprovalNotice): readonly JsonObject[] {
  const reason = notice.approval.decision.approvals.some((requirement) => requirement.reason === 'required') ? 'required' : 'optional';
  const button = (label: string, id: string, style: string): JsonObject => ({
    type: 'button',
    text: plain(label),
    action_id: id,
    value: buttonValue(notice),
    style,
    confirm: {
      title: plain(`${label}?`),
      text: plain(notice.title.slice(0, 280)),
      confirm: plain(label),
      deny: plain('Back'),
    },
  });
  return [
    {
      type: 'input',
      block_id: REASON,
      optional: true,
      label: plain(`Reason (${reason})`),
      element: { type: 'plain_text_input', action_id: REASON, max_length: 1_000 },
    },
    { type: 'actions', elements: [button('Approve', APPROVE, 'primary'), button('Deny', DENY, 'danger')] },
  ];
}

const plain = (text: string): JsonObject => ({ type: 'plain_text', text, emoji: false });

const preformatted = (text: string): JsonObject => ({
  type: 'rich_text',
  elements: [{ type: 'rich_text_preformatted', elements: [{ type: 'text', text: text === '' ? ' ' : text }] }],
});

/** The text of the notification, which Slack does read as markup: nothing in it may become a mention or a link. */
export const slackFallback = ({ title }: Pick<Notice, 'title'>): string => title.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
