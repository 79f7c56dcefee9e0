import type { ApprovalService } from '../approval/approvals.ts';
import { isSallyportError, SallyportError } from '../core/error.ts';
import { ID_PATTERN } from '../core/id.ts';
import { decodeUtf8, isJsonArray, member, parseJson, type JsonValue } from '../core/json.ts';
import type { Secret } from '../core/secret.ts';
import type { Directory } from './links.ts';
import { APPROVE, DENY, REASON } from './slack-message.ts';
import type { SlackPeople } from './slack-people.ts';
import { isSlackRequest, type SlackHeaders } from './slack-signature.ts';
import type { Spend } from '../storage/spend.ts';

/** What Slack sends when somebody clicked. */
export interface SlackHook {
  /** Throws `unauthenticated` for what Slack did not send, sent long ago, or sent before. */
  receive(headers: SlackHeaders, body: Uint8Array): Promise<void>;
}

export interface SlackHookParts {
  readonly secret: () => Promise<Secret>;
  readonly approvals: ApprovalService;
  readonly people: SlackPeople;
  readonly directory: Directory;
  readonly spend: Spend;
  /** Tells one user something, in the background. */
  readonly whisper: (channel: string, user: string, text: string) => void;
  readonly now: () => number;
}

interface Click {
  readonly user: string;
  readonly channel: string;
  readonly answer: 'approve' | 'deny';
  readonly approval: string;
  readonly digest: string;
  readonly reason: string;
}

export function createSlackHook({ secret, approvals, people, directory, spend, whisper, now }: SlackHookParts): SlackHook {
  async function answer({ user, approval: id, digest, answer: given, reason }: Click): Promise<string> {
    const name = await people(user);
    const person = name === undefined ? undefined : await directory(name);
    if (!person)
      throw new SallyportError('forbidden', 'this Slack user is nobody who may answer approvals', {
        hint: 'ask the operator to add you to notify.slack.people',
      });
    const approval = ID_PATTERN.test(id) ? await approvals.get(id) : undefined;
    if (approval?.digest !== digest) throw new SallyportError('not_found', 'there is no such approval any more');
    const { status } = await approvals.answer(id, person, given, reason);
    return `your answer is kept: the approval is ${status}`;
  }

  return {
    async receive(headers, body) {
      const key = await secret();
      const genuine = isSlackRequest(key.reveal(), headers, body, now());
      if (!genuine || !(await spend(`slack ${headers.signature ?? ''}`)))
        throw new SallyportError('unauthenticated', 'this request is not signed by Slack, too old, or was sent before');
      const click = readClick(body);
      if (!click) return;
      try {
        whisper(click.channel, click.user, await answer(click));
      } catch (error) {
        if (!isSallyportError(error)) throw error;
        whisper(click.channel, click.user, `not answered: ${error.message}${error.hint === undefined ? '' : ` (${error.hint})`}`);
      }
    },
  };
}

/** Undefined for what is no click on one of our buttons: Slack sends more than those. */
function readClick(body: Uint8Array): Click | undefined {
  const payload = parseJson(new URLSearchParams(decodeUtf8(body)).get('payload') ?? 'null', { depth: 64 });
  const actions = member(payload, 'actions');
  const action = isJsonArray(actions) && actions.length === 1 ? actions[0] : undefined;
  const id = text(member(action, 'action_id'));
  if (text(member(payload, 'type')) !== 'block_actions' || (id !== APPROVE && id !== DENY)) return undefined;
  const [approval = '', digest = ''] = text(member(action, 'value')).split(' ');
  return {
    user: text(member(member(payload, 'user'), 'id')),
    channel: text(member(member(payload, 'container'), 'channel_id')),
    answer: id === APPROVE ? 'approve' : 'deny',
    approval,
    digest,
    reason: text(member(member(member(member(member(payload, 'state'), 'values'), REASON), REASON), 'value')).trim(),
  };
}

const text = (value: JsonValue | undefined): string => (typeof value === 'string' ? value : '');
