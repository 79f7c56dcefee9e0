/**
 * Approvals hold commands until people have answered. This folder owns the record, its states and who may move it;
 * the gate's pipeline, the API and the console's stream call it. It must not know any protocol, nor how a command runs.
 */
import type { Approval, ApprovalAsk, Approvals, WindowQuestion } from '../core/approval.ts';
import { SallyportError } from '../core/error.ts';
import type { Recorder } from '../core/recorder.ts';
import { principalOf, type Subject } from '../core/subject.ts';
import type { Storage } from '../storage/storage.ts';
import { checkAnswer, keepAnswer } from './answer.ts';
import { approvalKey } from './approval-key.ts';
import { RETELL_MS } from './approval-life.ts';
import { readApproval, readApprovals } from './approval-row.ts';
import { Changes } from './changes.ts';
import { abandoned, SAY_ALIVE_EVERY_MS, sayAlive, sayGoodbye } from './owners.ts';
import { changedRows, endedByClock, forgetResults, latestRows, pendingRows } from './rows.ts';
import { isRequester, isSatisfied, mayAnswer, mayWithdraw } from './quorum.ts';
import { requestApproval } from './request.ts';
import { coveringWindow, openAtOnce, windowAsk, type WindowRequest } from './windows.ts';
import { transit, type Desk, type Transition } from './transition.ts';

export interface ApprovalOptions {
  readonly storage: Storage;
  readonly recorder: Recorder;
  /** Of the HMAC that names commands; at least 32 bytes, the same in all replicas. */
  readonly key: Uint8Array;
  /** Names this process among all that share the database, and best stays its name after a restart. */
  readonly owner: string;
  readonly now?: () => number;
  /** A subject as it is today, with today's groups; undefined once it is locked or gone. */
  readonly current?: (subject: Subject) => Subject | undefined | Promise<Subject | undefined>;
  /** Whether its target or session is locked at this moment. */
  readonly locked?: (approval: Approval) => boolean | Promise<boolean>;
  /** Whether a command lies within a window, by the policy of this moment; absent: none ever does. */
  readonly covers?: (approval: Approval, question: WindowQuestion) => boolean;
  /** Hears of errors in work that nobody waits for. */
  readonly report?: (error: unknown) => void;
}

export interface ListFilter {
  readonly status: 'pending' | 'all';
  readonly viewer: Subject;
}

export interface ApprovalService extends Approvals {
  /** What the viewer asked for or may answer, newest first. */
  list(filter: ListFilter): Promise<readonly Approval[]>;
  /** Throws `not_found`, `forbidden`, `usage` (a reason is required), `limit_exceeded`, `conflict` (not pending any more). */
  answer(id: string, approver: Subject, answer: 'approve' | 'deny', reason: string): Promise<Approval>;
  /** Asks for every command of a kind for some time; one that breaks glass is open when this resolves. Throws as `request` does. */
  requestWindow(ask: WindowRequest): Promise<Approval>;
  window(question: WindowQuestion): Promise<Approval | undefined>;
  /** By whoever asked for it, and a window also by who may approve it; throws `not_found`, `forbidden`, `conflict`. */
  withdraw(id: string, requester: Subject): Promise<Approval>;
  /** Every change, this process's at once and others' within a second. The result ends it. */
  onChange(listener: (approval: Approval) => void): () => void;
  /** Only what this process changed, at once: where each change is to be told to people once. */
  onOwnChange(listener: (approval: Approval) => void): () => void;
  /** What dead processes were executing becomes indeterminate. */
  recover(): Promise<void>;
  /** Writes down what ended by the clock, and forgets results that are no longer kept for a retry. */
  sweep(): Promise<void>;
  close(): Promise<void>;
}

const KEY_BYTES = 32;

export async function openApprovals(options: ApprovalOptions): Promise<ApprovalService> {
  if (options.key.byteLength < KEY_BYTES) throw new SallyportError('config_invalid', `the key of approvals has fewer than ${KEY_BYTES} bytes`);
  const service = new Service(options);
  await service.start();
  return service;
}

/** What another process did has to be felt within a second, the way from there to the caller included. */
const TICK_MS = 400;

class Service implements ApprovalService {
  readonly #desk: Desk;
  readonly #options: ApprovalOptions;
  readonly #changes: Changes;
  readonly #report: (error: unknown) => void;
  /** What this process is executing right now. */
  readonly #running = new Set<string>();
  readonly #waits = new Set<Promise<unknown>>();
  #timer: NodeJS.Timeout | undefined;
  #tick: Promise<void> | undefined;
  #aliveAt = 0;

  constructor(options: ApprovalOptions) {
    this.#options = options;
    this.#report = options.report ?? (() => {});
    this.#changes = new Changes(this.#report);
    this.#desk = { db: options.storage.db, recorder: options.recorder, now: options.now ?? Date.now };
  }

  async start(): Promise<void> {
    await this.#sayAlive();
    await this.recover();
    this.#timer = setInterval(() => this.#onTick(), TICK_MS);
  }

  async request(ask: ApprovalAsk): Promise<Approval> {
    const { approval, isNew } = await requestApproval(this.#desk, ask, approvalKey(ask, this.#options.key));
    if (isNew) this.#changes.announceOwn(approval);
    return approval;
  }

  async requestWindow(request: WindowRequest): Promise<Approval> {
    const ask = windowAsk(request);
    const key = approvalKey(ask, this.#options.key);
    const { approval, isNew } = request.window.breakGlass ? await openAtOnce(this.#desk, ask, key) : await requestApproval(this.#desk, ask, key);
    if (isNew) this.#changes.announceOwn(approval);
    return approval;
  }

  async window(question: WindowQuestion): Promise<Approval | undefined> {
    const { covers } = this.#options;
    if (!covers) return undefined;
    const stands = (approval: Approval): Promise<boolean> => this.#stillStands({ ...approval, decision: question.decision });
    return coveringWindow(this.#desk, question, covers, stands, (ask) => approvalKey(ask, this.#options.key));
  }

  async get(id: string): Promise<Approval | undefined> {
    const row = await this.#desk.db.selectFrom('approvals').selectAll().where('id', '=', id).executeTakeFirst();
    return row && readApproval(this.#desk.db, row, this.#desk.now());
  }

  settled(id: string, signal: AbortSignal): Promise<Approval> {
    const wait = this.#settled(id, signal).finally(() => this.#waits.delete(wait));
    this.#waits.add(wait);
    return wait;
  }

  async #settled(id: string, signal: AbortSignal): Promise<Approval> {
    // Waits before it looks: an answer in between is not missed.
    const wait = this.#changes.wait(id, signal);
    try {
      const approval = await this.#existing(id);
      if (approval.status !== 'pending') return approval;
      await wait.ended;
      return await this.#existing(id);
    } finally {
      wait.stop();
    }
  }

  async execute(id: string, intent: string): Promise<boolean> {
    const approval = await this.get(id);
    // A window lets commands through; it is none itself.
    if (approval?.status !== 'granted' || approval.window) return false;
    if (!(await this.#stillStands(approval))) {
      await this.#move({ id, from: ['granted'], to: 'withdrawn', note: FALLEN });
      return false;
    }
    this.#running.add(id);
    const set = { intent, owner: this.#options.owner };
    const executing = await this.#move({ id, from: ['granted'], to: 'executing', clock: 'open', set }).catch((error: unknown) => {
      this.#running.delete(id);
      throw error;
    });
    if (!executing) this.#running.delete(id);
    return executing !== undefined;
  }

  async consume(id: string, result: string): Promise<void> {
    const { expiresAt } = await this.#existing(id);
    // A reply's text may hold what a database column cannot; as JSON it always fits.
    const set = { result: JSON.stringify(result), expires_at: Math.max(expiresAt, this.#desk.now() + RETELL_MS) };
    const consumed = await this.#move({ id, from: ['executing'], to: 'consumed', heldBy: this.#held, set });
    this.#running.delete(id);
    if (consumed) return;
    const { status } = await this.#existing(id);
    // Another process took this one for dead, and approvers were told so: it stays, and the caller still gets its reply.
    if (status === 'indeterminate') return;
    throw new SallyportError('conflict', `approval ${id} is ${status}: this process is not executing it`);
  }

  async lose(id: string): Promise<void> {
    // Before the record: should that fail, recovery finds it.
    this.#running.delete(id);
    await this.#move({ id, from: ['executing'], to: 'indeterminate', heldBy: this.#held, note: UNKNOWN });
  }

  async list({ status, viewer }: ListFilter): Promise<readonly Approval[]> {
    const { db, now } = this.#desk;
    const rows = status === 'pending' ? pendingRows(db, now()) : latestRows(db);
    const approvals = await readApprovals(db, await rows.execute(), now());
    return approvals.filter((approval) => isRequester(approval, viewer) || mayAnswer(approval, viewer));
  }

  async answer(id: string, approver: Subject, answer: 'approve' | 'deny', reason: string): Promise<Approval> {
    const approval = await this.#existing(id);
    const today = await this.#today(approver);
    if (!today) throw new SallyportError('forbidden', 'whoever answers is locked or gone');
    checkAnswer(approval, today, reason);
    const kept = await keepAnswer(this.#desk, id, { approver: today, answer, reason });
    if (!kept) throw await this.#notAnyMore(id);
    this.#changes.announceOwn(kept);
    return kept;
  }

  async withdraw(id: string, requester: Subject): Promise<Approval> {
    const approval = await this.#existing(id);
    if (!mayWithdraw(approval, requester)) throw new SallyportError('forbidden', 'only whoever asked for an approval can withdraw it');
    const withdrawn = await this.#move({ id, from: ['pending', 'granted'], clock: 'open', to: 'withdrawn', note: `withdrawn by ${requester.name}` });
    if (!withdrawn) throw await this.#notAnyMore(id);
    return withdrawn;
  }

  onChange(listener: (approval: Approval) => void): () => void {
    return this.#changes.listen(listener);
  }

  onOwnChange(listener: (approval: Approval) => void): () => void {
    return this.#changes.listenOwn(listener);
  }

  async recover(): Promise<void> {
    const { db, now } = this.#desk;
    for (const { id, owner, intent } of await abandoned(db, this.#options.owner, this.#running, now())) {
      await this.#move({ id, from: ['executing'], to: 'indeterminate', heldBy: { owner, intent }, note: UNKNOWN });
    }
  }

  async sweep(): Promise<void> {
    const { db, now } = this.#desk;
    for (const id of await endedByClock(db, now())) await this.#move({ id, from: ['pending', 'granted'], to: 'expired', clock: 'ended' });
    await forgetResults(db, now());
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#changes.close();
    await this.#tick;
    await Promise.allSettled(this.#waits);
    if (this.#running.size === 0) await sayGoodbye(this.#desk.db, this.#options.owner);
  }

  async #move(transition: Transition): Promise<Approval | undefined> {
    const approval = await transit(this.#desk, transition);
    if (approval) this.#changes.announceOwn(approval);
    return approval;
  }

  async #existing(id: string): Promise<Approval> {
    const approval = await this.get(id);
    if (!approval) throw new SallyportError('not_found', `there is no approval ${id.slice(0, 40)}`);
    return approval;
  }

  async #notAnyMore(id: string): Promise<SallyportError> {
    const { status } = await this.#existing(id);
    return new SallyportError('conflict', `the approval is ${status} already`, { hint: 'an approval is answered while it is pending' });
  }

  /** Looks at requester and approvers as they are today. */
  async #stillStands(approval: Approval): Promise<boolean> {
    const requesters = await Promise.all([approval.subject, principalOf(approval.subject)].map((subject) => this.#today(subject)));
    const answers = await Promise.all(approval.answers.map(async (answer) => ({ ...answer, approver: await this.#today(answer.approver) })));
    const counting = answers.flatMap(({ approver, ...answer }) => (approver ? [{ ...answer, approver }] : []));
    const locked = await this.#options.locked?.(approval);
    if (locked || requesters.includes(undefined)) return false;
    return approval.window?.breakGlass !== undefined || isSatisfied(approval, counting);
  }

  async #today(subject: Subject): Promise<Subject | undefined> {
    const { current } = this.#options;
    return current ? current(subject) : subject;
  }

  #onTick(): void {
    this.#tick ??= this.#look()
      .catch(this.#report)
      .finally(() => (this.#tick = undefined));
  }

  async #look(): Promise<void> {
    if (this.#desk.now() - this.#aliveAt >= SAY_ALIVE_EVERY_MS) {
      await this.#sayAlive();
      await this.recover();
    }
    await this.#hearOthers();
    await this.sweep();
  }

  async #sayAlive(): Promise<void> {
    const now = this.#desk.now();
    await sayAlive(this.#desk.db, this.#options.owner, now);
    this.#aliveAt = now;
  }

  /** What other processes changed, for those who wait or watch here. */
  async #hearOthers(): Promise<void> {
    const ids = this.#changes.waitedFor;
    if (ids.length === 0 && !this.#changes.watched) return;
    const { db, now } = this.#desk;
    for (const approval of await readApprovals(db, await changedRows(db, ids, now()), now())) this.#changes.announce(approval);
  }

  /** Any intent, but this process's own. */
  get #held(): { readonly owner: string; readonly intent: null } {
    return { owner: this.#options.owner, intent: null };
  }
}

const FALLEN = 'the requester, an approver, the target or the session is locked, gone or no longer entitled';
const UNKNOWN = 'outcome unknown, not repeated';
