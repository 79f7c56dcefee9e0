/**
 * The life of a command, in one place: protocols supply how to speak, never the order.
 * Authentication happened when the `Session` was made; everything else is `passCommand`, read top-down.
 */
import type { Approval } from './approval.ts';
import { canonicalJson } from './canonical.ts';
import type { Command } from './command.ts';
import { denied, type Decision, type ReviewDecision } from './decision.ts';
import { SallyportError } from './error.ts';
import { decisionParts, makeEvent, sessionParts, type Event, type EventParts } from './event.ts';
import type { Gate } from './gate.ts';
import { LockedError, lockedDecision, onLock } from './locked.ts';
import { decidedParts, namedParts, withMaskedReason } from './masked-parts.ts';
import { withMasker, type Masker } from './masker.ts';
import type { Quotas } from './quota.ts';
import type { Exhausted } from './quota-keeper.ts';
import { relayUnlessLocked, type Asked, type Releasing } from './relay.ts';
import { cutOff, fail, refuse, repeat } from './refusing.ts';
import type { MaskedPart, ReplyPart } from './reply-part.ts';

/**
 * Proof of one allowed command. Its constructor is not exported: code that forwards without a decision does not compile.
 */
class Grant {
  readonly #command: Command;
  /** Id of the intent event. */
  readonly intent: string;
  /** Id of the approval that this grant used up; such a command is not aborted when its caller leaves. */
  readonly approval: string | undefined;
  /** Whether a rule lets it through, or people who were asked: for this command, or ahead. */
  readonly by: 'rule' | 'people';
  /** The policy that it was decided under. */
  readonly policyVersion: string;
  /** How much it may give; what only its protocol can count (rows, time) is the protocol's to keep. */
  readonly quotas: Quotas;

  constructor(command: Command, { intent, approval, by, policyVersion, quotas }: Pick<Grant, 'intent' | 'approval' | 'by' | 'policyVersion' | 'quotas'>) {
    this.#command = command;
    this.intent = intent;
    this.approval = approval;
    this.by = by;
    this.policyVersion = policyVersion;
    this.quotas = quotas;
  }

  /** The command that may be forwarded, and no other. */
  get command(): Command {
    return this.#command;
  }
}
export type { Grant };

/** What a protocol supplies for one command. */
export interface Exchange extends Releasing {
  /** The request as it is recorded, masked with the given masker. */
  request(masker: Masker): MaskedPart;
  /** Tells the caller that people were asked, and waits as long as this caller can; the record as it then is. */
  wait(approval: Approval, settled: (signal: AbortSignal) => Promise<Approval>): Promise<Approval>;
  /** Sends the granted command with the target's credential. Yields what comes back, `final` last; a mere stream has no `final`. */
  forward(grant: Grant): AsyncIterable<ReplyPart>;
  /** Throws what is missing to reach the target, so that nobody is asked to approve what could not run. */
  ready?(): Promise<void>;
  /** Why what was approved is no longer what would run: a definition that changed while people were asked. Asked right before execution. */
  outdated?(): Promise<string | undefined>;
}

/** Steps 3 to 9. Never throws: whatever goes wrong is refused in the protocol's form, and recorded. */
export async function passCommand(gate: Gate, exchange: Exchange): Promise<void> {
  const { session, command } = exchange;
  let about: EventParts = sessionParts(session);
  exchange.steps?.enter('decide');
  try {
    const decision = gate.decide(session, command);
    exchange.steps?.decided(decision);
    const masker = gate.requestMasker(decision.masks);
    about = { ...about, ...namedParts(command, masker) };
    const request = await withMasker(masker, (ready) => exchange.request(ready));
    const asked: Asked = {
      about,
      parts: { ...about, ...decidedParts(decision, masker), masks: request.applied },
      body: { name: 'request', ...request },
      decision,
      masker,
    };

    if (decision.effect === 'deny') return await refuse(gate, exchange, asked, { kind: 'denied', decision });
    if (command.objection !== undefined) return await refuse(gate, exchange, asked, { kind: 'invalid', message: command.objection, decision });
    if (decision.effect === 'allow') return await run(gate, exchange, asked, undefined);

    // A window was agreed to for tools as they were then.
    const open = command.quarantine ? undefined : await gate.approvals.window?.({ session, command, decision });
    if (open) return await run(gate, exchange, within(asked, open, decision), undefined);
    exchange.steps?.enter('approve');
    await exchange.ready?.();
    const approval = await approve(gate, exchange, decision, masker);
    exchange.steps?.enter('decide');
    if (approval.status === 'consumed') return await repeat(exchange, approval);
    const locked = lockedDecision(gate, session, decision);
    if (locked) return await refuse(gate, exchange, asked, { kind: 'denied', decision: locked });
    if (approval.status !== 'granted') return await refuse(gate, exchange, asked, { kind: 'approval', approval, decision });
    const again = gate.decide(session, command);
    if (again.effect === 'deny' || again.policyVersion !== decision.policyVersion)
      return await refuse(gate, exchange, asked, { kind: 'denied', decision: changed(again, 'the policy changed') });
    await exchange.ready?.();
    const outdated = await exchange.outdated?.();
    if (outdated !== undefined) return await refuse(gate, exchange, asked, { kind: 'denied', decision: changed(again, outdated) });
    return await run(gate, exchange, asked, approval);
  } catch (error) {
    await fail(gate, exchange, about, error);
  }
}

/** People agreed ahead: the decision is to let it through, and names the window. */
function within(asked: Asked, window: Approval, review: ReviewDecision): Asked {
  const { rule, risk, masks, policyVersion, quotas } = asked.decision;
  const reason = `approved ahead, until ${new Date(window.expiresAt).toISOString()}, by window ${window.id}`;
  const decision: Decision = { effect: 'allow', rule, reason, risk, masks, policyVersion, ...(quotas ? { quotas } : {}) };
  return { ...asked, decision, within: { window, decision: review }, parts: { ...asked.parts, ...decisionParts(decision), approval: window.id } };
}

/** Step 4: the approval of exactly this command, after waiting for people where it is still open. */
async function approve(gate: Gate, exchange: Exchange, decision: ReviewDecision, masker: Masker): Promise<Approval> {
  const { session, command } = exchange;
  const name = masker.text(command.name).value;
  const { input } = command;
  const masked = await withMasker(masker, (ready) =>
    ready.json({ command: command.name, arguments: command.arguments, ...(input === undefined ? {} : { input }) }),
  );
  const shown = canonicalJson(masked.value);
  const approval = await gate.approvals.request({ session, command: { ...command, name }, decision: withMaskedReason(decision, masker), shown });
  if (approval.status !== 'pending') return approval;
  const lock = new AbortController();
  const stop = onLock(gate, session, () => lock.abort());
  try {
    return await exchange.wait(approval, (signal) => gate.approvals.settled(approval.id, AbortSignal.any([signal, lock.signal])));
  } finally {
    stop();
  }
}

/** Counted right before it runs: a command that waits for people takes nothing from anybody meanwhile. */
async function run(gate: Gate, exchange: Exchange, asked: Asked, approval: Approval | undefined): Promise<void> {
  const { quotas = [] } = asked.decision;
  if (quotas.length === 0) return runCounted(gate, exchange, asked, approval);
  if (!gate.quotas) throw new SallyportError('internal', 'this gateway cannot count, so what has a limit does not run');
  const admission = await gate.quotas.admit(exchange.session, quotas);
  if ('reason' in admission) return refuse(gate, exchange, asked, { kind: 'denied', decision: exhaustedDecision(asked.decision, admission) });
  try {
    await runCounted(gate, exchange, { ...asked, admission }, approval);
  } finally {
    await admission.end();
  }
}

function exhaustedDecision(decision: Decision, { rule, reason, retryAfterMs }: Exhausted): Decision {
  return { ...denied(decision), rule, reason, retryAfterMs };
}

/** Steps 5 and 6; `relay.ts` has those that follow. */
async function runCounted(gate: Gate, exchange: Exchange, asked: Asked, approval: Approval | undefined): Promise<void> {
  exchange.steps?.enter('record');
  const made = makeEvent('command.forwarded', approval ? { ...asked.parts, approval: approval.id } : asked.parts);
  if (approval && !(await gate.approvals.execute(approval.id, made.id))) {
    const now = (await gate.approvals.get(approval.id)) ?? approval;
    if (now.status === 'consumed') return repeat(exchange, now);
    return refuse(gate, exchange, asked, { kind: 'approval', approval: now, decision: asked.decision });
  }
  // The approval knows the intent's id before there is an intent; its time is that of going on.
  const intent: Event = approval ? { ...made, time: new Date().toISOString() } : made;
  try {
    await gate.recorder.append(intent, [asked.body]);
    gate.history?.used(exchange.session, exchange.command);
    const { policyVersion, quotas = [] } = asked.decision;
    const by = approval || asked.within ? 'people' : 'rule';
    const grant = new Grant(exchange.command, { intent: intent.id, approval: approval?.id, by, policyVersion, quotas });
    await relayUnlessLocked(gate, exchange, { intent: intent.id, approval: approval?.id, replies: () => exchange.forward(grant) }, asked);
  } catch (error) {
    if (approval) await gate.approvals.lose(approval.id);
    if (error instanceof LockedError) return cutOff(gate, exchange, { ...asked.parts, intent: intent.id }, error.decision);
    await fail(gate, exchange, { ...asked.parts, intent: intent.id }, error);
  }
}

function changed(decision: Decision, what: string): Decision {
  if (decision.effect === 'deny') return decision;
  return { ...denied(decision), reason: `${what} while this command waited: call again to have it decided anew` };
}
