/** Steps 7 to 9 of a command's life: what was granted is forwarded; what comes back is masked, recorded and released, part by part. */
import type { Approval } from './approval.ts';
import type { Command } from './command.ts';
import { denied, type Decision, type ReviewDecision } from './decision.ts';
import { explainError, SallyportError } from './error.ts';
import { makeEvent, sessionParts, type Event, type EventParts } from './event.ts';
import type { Gate } from './gate.ts';
import { LockedError, lockedDecision, onLock } from './locked.ts';
import { decidedParts, namedParts, noteOf } from './masked-parts.ts';
import { withMasker, type Masker } from './masker.ts';
import type { Admission } from './quota-keeper.ts';
import type { Body } from './recorder.ts';
import type { MaskedPart, ReplyPart } from './reply-part.ts';
import type { Answering, RecordedRequest } from './refusing.ts';
import type { Session } from './session.ts';
import { watchWindow } from './window-watch.ts';

/** The caller's side of a command that runs. */
export interface Releasing extends Answering {
  readonly command: Command;
  /** Hands masked bytes to the caller, under back-pressure. A caller that left is no error. */
  release(part: ReplyPart, masked: MaskedPart): Promise<void>;
  /** Ends what is being forwarded, at once: something of it was locked. The caller is told by `refuse`. */
  cutOff?(): void;
  /** Tells the caller something while the command runs, where the protocol has a way. */
  warn?(text: string): void;
}

/** One command, decided: what the steps after the decision share. */
export interface Asked extends RecordedRequest {
  /** Session and command, as every event of the command carries them; `parts` have the decision as well. */
  readonly about: EventParts;
  readonly decision: Decision;
  /** What people approved ahead, and what they would have been asked; the command ends with it. */
  readonly within?: { readonly window: Approval; readonly decision: ReviewDecision };
  /** What it took of its quotas. */
  readonly admission?: Admission;
}

/** What was let go: the id of its intent, that of the approval it used up, and what comes back once it is asked for. */
export interface Granted {
  readonly intent: string;
  readonly approval: string | undefined;
  replies(): AsyncIterable<ReplyPart>;
}

/** What is under way ends when it is locked, or with its window, and nothing that comes after is released. */
export async function relayUnlessLocked(gate: Gate, exchange: Releasing, granted: Granted, asked: Asked): Promise<void> {
  let locked: Decision | undefined;
  const end = (why: Decision | undefined): void => {
    locked ??= why;
    exchange.cutOff?.();
  };
  const stopLock = onLock(gate, exchange.session, () => end(lockedDecision(gate, exchange.session, asked.decision)));
  const stopWindow = watchWindowOf(gate, exchange, asked, (reason) => end({ ...denied(asked.decision), reason }));
  try {
    await relay(gate, exchange, granted, asked, () => {
      if (locked) throw new LockedError(locked);
    });
  } catch (error) {
    throw locked ? new LockedError(locked) : error;
  } finally {
    stopLock();
    stopWindow();
  }
}

function watchWindowOf(gate: Gate, exchange: Releasing, { within: open }: Asked, end: (reason: string) => void): () => void {
  if (!open) return () => {};
  const { session, command } = exchange;
  const question = { session, command, decision: open.decision };
  return watchWindow(gate.approvals, { window: open.window, question, warn: (text) => exchange.warn?.(text), end });
}

/** Steps 7 to 9: forward, mask, record, release, message by message. */
async function relay(gate: Gate, exchange: Releasing, granted: Granted, asked: Asked, mayGoOn: () => void): Promise<void> {
  const started = performance.now();
  const masker = gate.masker(asked.decision.masks);
  const about: EventParts = { ...asked.about, intent: granted.intent };
  const { steps } = exchange;
  let ended = false;
  /** Of parts that the last one accounts for. */
  let bytes = 0;
  steps?.enter('forward');
  for await (const part of granted.replies()) {
    if (ended) continue;
    mayGoOn();
    if (part.asks && !(await asksMayPass(gate, exchange.session, part.asks, asked.masker))) continue;
    steps?.enter('mask');
    const masked = await maskPart(part, masker, exchange.session);
    asked.admission?.spend(masked.bytes.byteLength);
    if (masked.applied.length > 0 || part.note !== undefined) gate.history?.flagged(exchange.session);
    bytes += masked.bytes.byteLength;
    if (part.recordedBy === 'outcome') {
      steps?.enter('release');
      await exchange.release(part, masked);
      steps?.enter('forward');
      continue;
    }
    ended = part.kind === 'final';
    const outcome = { status: part.status, bytes, milliseconds: Math.round(performance.now() - started) };
    const event = makeEvent(ended ? 'reply.received' : 'stream.chunk', {
      ...about,
      outcome,
      masks: masked.applied,
      ...noteOf(masked.note, part.note),
    });
    bytes = 0;
    const told = masked.account ?? masked;
    steps?.enter('outcome');
    await recordReply(gate, exchange.session, event, { name: ended ? 'reply' : 'chunk', contentType: told.contentType, bytes: told.bytes });
    if (ended && granted.approval) await gate.approvals.consume(granted.approval, Buffer.from((masked.kept ?? told).bytes).toString());
    steps?.enter('release');
    await exchange.release(part, masked);
    if (ended) steps?.end(part.status);
    else steps?.enter('forward');
  }
  if (ended) return;
  mayGoOn();
  steps?.enter('outcome');
  await gate.recorder.append(makeEvent('reply.received', { ...about, outcome: { status: 'closed', milliseconds: Math.round(performance.now() - started) } }));
  steps?.end('closed');
}

/** A request that the target makes of the caller is decided too; one that is not allowed is declined and goes no further. */
async function asksMayPass(gate: Gate, session: Session, asks: NonNullable<ReplyPart['asks']>, masker: Masker): Promise<boolean> {
  const decision = gate.decide(session, asks.command);
  if (decision.effect === 'allow' && asks.command.objection === undefined) return true;
  await gate.recorder.append(
    makeEvent('command.refused', { ...sessionParts(session), ...namedParts(asks.command, masker), ...decidedParts(decision, masker) }),
  );
  asks.decline(decision);
  return false;
}

async function maskPart(part: ReplyPart, masker: Masker, session: Session): Promise<MaskedPart & { readonly note?: string }> {
  try {
    return await withMasker(masker, (ready) => part.mask(ready));
  } catch (error) {
    if (session.target.masking === 'observe') return { ...part.raw(), note: `released unmasked (observe): ${explainError(error)}` };
    throw new SallyportError('masking_failed', 'the reply could not be masked, so it is not released', { cause: error });
  }
}

/** `strict` waits for the disk before the caller sees the reply; `relaxed` does not, and a failure ends the gateway's use by itself. */
async function recordReply(gate: Gate, session: Session, event: Event, body: Body): Promise<void> {
  const durable = gate.recorder.append(event, [body]);
  if (session.target.audit === 'strict') await durable;
  else durable.catch(() => {});
}
