import { createHmac, timingSafeEqual } from 'node:crypto';
import { checkAnswer } from '../approval/answer.ts';
import type { ApprovalService } from '../approval/approvals.ts';
import { mayAnswer } from '../approval/quorum.ts';
import type { Approval } from '../core/approval.ts';
import { SallyportError } from '../core/error.ts';
import type { Subject } from '../core/subject.ts';
import type { Spend } from '../storage/spend.ts';

/** A person of this name, as they are today; undefined where there is none, or they are locked. */
export type Directory = (name: string) => Promise<Subject | undefined>;

export interface LinkParts {
  readonly url: string;
  /** At least 32 bytes; of nothing else. */
  readonly key: Uint8Array;
  readonly approvals: ApprovalService;
  readonly directory: Directory;
  readonly spend: Spend;
  readonly now: () => number;
}

export interface OpenedLink {
  readonly approval: Approval;
  readonly person: Subject;
}

/** Links that answer one approval as one person, once. Opening one shows; only a form that was sent answers. */
export interface Links {
  /** Undefined for who may not answer it now. */
  make(approval: Approval, name: string): Promise<string | undefined>;
  /** Throws `not_found` for what was not made here, has ended, or names who may not answer. Changes nothing. */
  open(token: string): Promise<OpenedLink>;
  /** Uses it up. Throws as `open` and `answer` do, and `conflict` where it was used. */
  answer(token: string, answer: 'approve' | 'deny', reason: string): Promise<OpenedLink>;
}

const LONGEST_MS = 86_400_000;
const MAX_TOKEN = 1_000;

export function createLinks({ url, key, approvals, directory, spend, now }: LinkParts): Links {
  const macOf = (payload: string): Buffer => createHmac('sha256', key).update(`approval link\n${payload}`).digest();

  async function make(approval: Approval, name: string): Promise<string | undefined> {
    const person = await directory(name);
    if (!person || approval.status !== 'pending' || !mayAnswer(approval, person)) return undefined;
    const expiresAt = Math.min(approval.expiresAt, now() + LONGEST_MS);
    const payload = Buffer.from(JSON.stringify([approval.id, name, expiresAt])).toString('base64url');
    return `${url}/links/${payload}.${macOf(payload).toString('base64url')}`;
  }

  async function open(token: string): Promise<OpenedLink> {
    const { id, name, expiresAt } = read(token, macOf);
    if (now() >= expiresAt) throw ended();
    const [approval, person] = [await approvals.get(id), await directory(name)];
    // Who has answered may still look; who left the group may not.
    if (!approval || !person || !mayAnswer(approval, person)) throw ended();
    return { approval, person };
  }

  return {
    make,
    open,
    async answer(token, answer, reason) {
      const { approval, person } = await open(token);
      // Looked at first, so that a missing reason does not cost the link.
      checkAnswer(approval, person, reason);
      if (approval.status !== 'pending') throw new SallyportError('conflict', `the approval is ${approval.status} already`);
      if (!(await spend(`link ${token}`))) throw new SallyportError('conflict', 'this link was used already', { hint: 'use the console to answer again' });
      return { approval: await approvals.answer(approval.id, person, answer, reason), person };
    },
  };
}

function read(token: string, macOf: (payload: string) => Buffer): { readonly id: string; readonly name: string; readonly expiresAt: number } {
  const [payload = '', mac = '', ...rest] = token.length > MAX_TOKEN ? [] : token.split('.');
  const [given, wanted] = [Buffer.from(mac, 'base64url'), macOf(payload)];
  // Decoding forgives what another spelling of the same bytes would be: only the one that was made counts.
  const spelled = given.toString('base64url') === mac;
  if (rest.length > 0 || !spelled || given.length !== wanted.length || !timingSafeEqual(given, wanted)) throw ended();
  // Only `make` signs, so this is what it wrote.
  const [id, name, expiresAt] = JSON.parse(Buffer.from(payload, 'base64url').toString()) as [string, string, number];
  return { id, name, expiresAt };
}

/** The same for every reason. */
const ended = (): SallyportError => new SallyportError('not_found', 'this link is not valid, or not any more', { hint: 'open the approval in the console' });
