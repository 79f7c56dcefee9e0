import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { plainTarget } from '../../test/support/plain-target.ts';
import type { Approval, Approvals } from './approval.ts';
import { makeCommand, type Command } from './command.ts';
import type { Decision } from './decision.ts';
import { SallyportError } from './error.ts';
import type { Event } from './event.ts';
import { parseJson, writeJson } from './json.ts';
import type { Masker } from './masker.ts';
import type { Gate } from './gate.ts';
import { passCommand, type Exchange } from './pipeline.ts';
import type { Refusal } from './refusing.ts';
import type { MaskedPart, ReplyPart } from './reply-part.ts';
import type { Session } from './session.ts';

const COMMAND = makeCommand({ protocol: 'mcp', name: 'tools/call x', naming: 'plain', arguments: { password: 'hunter2' } });
const DECIDED = { rule: 'r', reason: 'because', risk: { score: 5, factors: [] }, masks: [], policyVersion: 'v1' } as const;
const ALLOW: Decision = { ...DECIDED, effect: 'allow' };
const DENY: Decision = { ...DECIDED, effect: 'deny' };
const REVIEW: Decision = {
  ...DECIDED,
  effect: 'review',
  approvals: [{ rule: 'r', from: ['group:leads'], quorum: 1, pendingMs: 1000, usableMs: 1000, reason: 'optional' }],
};

/** Stars out one word, or fails. */
const masker = (fails = false): Masker => {
  const text = (from: string) => {
    if (fails) throw new Error('boom');
    return { value: from.replaceAll('hunter2', '***'), applied: [] };
  };
  return {
    text,
    json: (value) => ({ value: parseJson(text(writeJson(value)).value), applied: [] }),
    texts: (texts) => ({ value: texts.map((each) => text(each).value), applied: [] }),
  };
};

/** Cannot be used but through `outside`. */
const waiting = (ready: Masker, outside: NonNullable<Script['outside']>): Masker => ({
  ...masker(true),
  text: ready.text,
  outside: async (mask) => mask(await outside(ready)),
});

interface World {
  readonly log: string[];
  readonly events: Event[];
  readonly bodies: string[];
  readonly refusals: Refusal[];
  readonly released: string[];
  readonly declined: Decision[];
}

interface Script {
  readonly decisions?: readonly Decision[];
  readonly reply?: readonly Partial<ReplyPart>[];
  readonly session?: Partial<Session['target']>;
  readonly approval?: Partial<Approval>;
  readonly afterWait?: Partial<Approval>;
  readonly executes?: boolean;
  readonly objection?: string;
  readonly command?: Command;
  /** Which append fails, from 1. */
  readonly failsAppend?: number;
  readonly maskingFails?: boolean;
  /** Makes maskers that wait for something: what they wait for. */
  readonly outside?: (ready: Masker) => Promise<Masker>;
  readonly forwardFails?: SallyportError;
  /** What the caller was given before it failed. */
  readonly given?: string;
}

async function run(script: Script): Promise<World> {
  const world: World = { log: [], events: [], bodies: [], refusals: [], released: [], declined: [] };
  const decisions = [...(script.decisions ?? [ALLOW])];
  const next = (): Decision => (decisions.length > 1 ? decisions.shift() : decisions[0]) ?? DENY;
  const gate: Gate = {
    decide: next,
    approvals: approvalsOf(script, world),
    recorder: recorderOf(script, world),
    masker: () => (script.outside ? waiting(masker(), script.outside) : masker(script.maskingFails)),
    requestMasker: () => (script.outside ? waiting(masker(), script.outside) : masker()),
  };
  await passCommand(gate, exchangeOf(script, world));
  return world;
}

function recorderOf(script: Script, world: World): Gate['recorder'] {
  let appends = 0;
  return {
    async append(event, bodies = []) {
      appends += 1;
      await Promise.resolve();
      if (appends === script.failsAppend) throw new SallyportError('record_failed', 'the disk is full');
      world.log.push(`record ${event.kind}`);
      world.events.push(event);
      world.bodies.push(...bodies.map(({ bytes }) => Buffer.from(bytes).toString()));
    },
  };
}

function approvalsOf(script: Script, world: World): Approvals {
  const record = { id: 'apr', status: 'pending', decision: REVIEW, answers: [], ...script.approval } as unknown as Approval;
  return {
    async request({ shown }) {
      world.log.push(`ask ${shown}`);
      return record;
    },
    get: async () => ({ ...record, status: 'executing' }),
    settled: async () => ({ ...record, ...script.afterWait }),
    async execute() {
      world.log.push('execute');
      return script.executes ?? true;
    },
    async consume(_id, result) {
      world.log.push(`consume ${result}`);
    },
    async lose() {
      world.log.push('lose');
    },
  };
}

function exchangeOf(script: Script, world: World): Exchange {
  const target = plainTarget({ name: 't', leadingDash: 'allow', ...script.session });
  const session: Session = {
    id: 's',
    subject: { kind: 'person', id: 'a', name: 'a', groups: [], issuer: 'i' },
    client: { address: '', userAgent: '', id: '' },
    target,
  };
  const part = (text: string): MaskedPart => ({ bytes: Buffer.from(text), contentType: 'text/plain', applied: [] });
  return {
    session,
    command: script.command ?? (script.objection === undefined ? COMMAND : { ...COMMAND, objection: script.objection }),
    request: (with_) => part(with_.text('request hunter2').value),
    wait: (_approval, settled) => settled(new AbortController().signal),
    async *forward(grant) {
      world.log.push('forward');
      assert.equal(grant.command.digest, COMMAND.digest);
      if (script.forwardFails) throw script.forwardFails;
      for (const each of script.reply ?? [{ kind: 'final' }]) {
        yield { kind: 'final', status: 'ok', mask: (by) => part(by.text('reply hunter2').value), raw: () => part('reply hunter2'), ...each };
      }
    },
    async release(_part, masked) {
      world.log.push('release');
      world.released.push(Buffer.from(masked.bytes).toString());
    },
    ...(script.given === undefined ? {} : { given: () => part(script.given ?? '') }),
    async repeat(result) {
      world.log.push(`repeat ${result}`);
    },
    async refuse(refusal) {
      world.log.push(`refuse ${refusal.kind}`);
      world.refusals.push(refusal);
    },
  };
}

describe('the life of a command', () => {
  it('an allowed command is recorded, forwarded, masked, recorded and only then released', async () => {
    const { log, released, bodies } = await run({});
    assert.deepEqual(log, ['record command.forwarded', 'forward', 'record reply.received', 'release']);
    assert.deepEqual(released, ['reply ***']);
    assert.deepEqual(bodies, ['request ***', 'reply ***']);
  });

  it('a denied command is recorded and never forwarded', async () => {
    const { log, events } = await run({ decisions: [DENY] });
    assert.deepEqual(log, ['record command.refused', 'refuse denied']);
    assert.equal(events[0]?.decision?.rule, 'r');
  });

  it('a secret in the name of a command is not recorded, and not in what approvers are asked', async () => {
    const name = 'resources/read file:///hunter2';
    for (const decision of [ALLOW, DENY, REVIEW]) {
      const decisions = [{ ...decision, reason: 'hunter2 is why' }];
      const { events, log } = await run({ decisions, command: { ...COMMAND, name, objection: 'no hunter2' } });
      assert.equal(events[0]?.command?.name, 'resources/read file:///***');
      assert.doesNotMatch(JSON.stringify([events, log]), /hunter2/);
    }
  });

  it('a command that its protocol objects to is refused even where the policy allows it, and a denial says nothing of the objection', async () => {
    assert.deepEqual((await run({ objection: 'no such tool' })).log, ['record command.refused', 'refuse invalid']);
    assert.deepEqual((await run({ objection: 'no such tool', decisions: [DENY] })).log, ['record command.refused', 'refuse denied']);
  });

  it('without a record of the intent nothing is forwarded', async () => {
    const { log, refusals } = await run({ failsAppend: 1 });
    assert.deepEqual(log, ['record command.failed', 'refuse failed']);
    assert.equal(refusals[0]?.kind === 'failed' && refusals[0].error.code, 'record_failed');
  });

  it('without a record of the reply a strict target releases nothing; a relaxed one does not wait', async () => {
    const strict = await run({ failsAppend: 2 });
    assert.deepEqual(strict.released, []);
    assert.equal(strict.refusals[0]?.kind, 'failed');
    assert.deepEqual((await run({ failsAppend: 2, session: { audit: 'relaxed' } })).released, ['reply ***']);
  });

  it('a reply that cannot be masked is not released, except by a target that observes, which says so in the record', async () => {
    const enforced = await run({ maskingFails: true });
    assert.deepEqual(enforced.released, []);
    assert.equal(enforced.refusals[0]?.kind === 'failed' && enforced.refusals[0].error.code, 'masking_failed');
    const observed = await run({ maskingFails: true, session: { masking: 'observe' } });
    assert.deepEqual(observed.released, ['reply hunter2']);
    assert.match(observed.events.at(-1)?.note ?? '', /unmasked/);
  });

  it('what a masker asks outside is awaited for the reply and for the record of the request, and its failure releases nothing', async () => {
    const { released, bodies } = await run({ outside: (ready) => Promise.resolve(ready) });
    assert.deepEqual(released, ['reply ***']);
    assert.deepEqual(bodies, ['request ***', 'reply ***']);
    const failed = await run({ outside: () => Promise.reject(new SallyportError('masking_failed', 'no answer')) });
    assert.deepEqual(failed.log, ['record command.failed', 'refuse failed']);
    assert.equal(failed.refusals[0]?.kind === 'failed' && failed.refusals[0].error.code, 'masking_failed');
  });

  it('only the first final message is the reply', async () => {
    assert.deepEqual((await run({ reply: [{ kind: 'chunk' }, { kind: 'final' }, { kind: 'final' }, { kind: 'chunk' }] })).released.length, 2);
  });

  it('what a target asks of the caller is decided too', async () => {
    const asks = (declined: Decision[]) => ({
      kind: 'chunk' as const,
      asks: { command: COMMAND, decline: (decision: Decision) => void declined.push(decision) },
    });
    const declined: Decision[] = [];
    assert.deepEqual((await run({ decisions: [ALLOW, DENY], reply: [asks(declined), { kind: 'final' }] })).released.length, 1);
    assert.equal(declined.length, 1);
    assert.deepEqual((await run({ decisions: [ALLOW, ALLOW], reply: [asks(declined), { kind: 'final' }] })).released.length, 2);
    assert.equal(declined.length, 1);
  });

  it('what was given before a failure is recorded with the failure', async () => {
    const failing = { forwardFails: new SallyportError('upstream_unreachable', 'gone') };
    assert.deepEqual((await run({ ...failing, given: 'half ***' })).bodies, ['request ***', 'half ***']);
    assert.deepEqual((await run(failing)).bodies, ['request ***']);
  });

  it('a failure of the target is told with its code and recorded', async () => {
    const { log, events } = await run({ forwardFails: new SallyportError('upstream_unreachable', 'gone') });
    assert.deepEqual(log, ['record command.forwarded', 'forward', 'record command.failed', 'refuse failed']);
    assert.equal(events[1]?.outcome?.status, 'upstream_unreachable');
  });
});

describe('a held command', () => {
  it('runs once people agreed: executing before the intent is recorded, consumed before the reply is released', async () => {
    const { log } = await run({ decisions: [REVIEW], afterWait: { status: 'granted' } });
    assert.deepEqual(log, [
      'ask {"arguments":{"password":"***"},"command":"tools/call x"}',
      'execute',
      'record command.forwarded',
      'forward',
      'record reply.received',
      'consume reply ***',
      'release',
    ]);
  });

  it('keeps less of its result than is recorded where there is less to keep', async () => {
    const bytes = { bytes: Buffer.from('long reply'), contentType: 'text/plain', applied: [] };
    const account = { bytes: Buffer.from('rows and counts'), contentType: 'text/plain' };
    const reply = [{ mask: () => ({ ...bytes, account, kept: { bytes: Buffer.from('counts') } }) }];
    const { log, bodies, released } = await run({ decisions: [REVIEW], afterWait: { status: 'granted' }, reply });
    assert.ok(log.includes('consume counts'));
    assert.deepEqual([bodies.at(-1), released], ['rows and counts', ['long reply']]);
  });

  it('is not forwarded while it is pending, denied, expired or withdrawn', async () => {
    for (const status of ['pending', 'denied', 'expired', 'withdrawn', 'indeterminate', 'executing'] as const) {
      const { log } = await run({ decisions: [REVIEW], afterWait: { status } });
      assert.deepEqual(log.slice(1), ['record command.refused', 'refuse approval'], status);
    }
  });

  it('is not forwarded by whoever comes second to the same grant', async () => {
    assert.deepEqual((await run({ decisions: [REVIEW], approval: { status: 'granted' }, executes: false })).log.slice(1), [
      'execute',
      'record command.refused',
      'refuse approval',
    ]);
  });

  it('gives the kept result to a retry and does not run again', async () => {
    assert.deepEqual((await run({ decisions: [REVIEW], approval: { status: 'consumed', result: 'kept' } })).log.slice(1), ['repeat kept']);
  });

  it('is decided again after the wait: a policy that changed meanwhile refuses it', async () => {
    for (const later of [DENY, { ...REVIEW, policyVersion: 'v2' }]) {
      assert.deepEqual((await run({ decisions: [REVIEW, later], afterWait: { status: 'granted' } })).log.slice(1), ['record command.refused', 'refuse denied']);
    }
  });

  it('whose outcome is lost is never said to have failed or run: it is indeterminate', async () => {
    const crash = await run({ decisions: [REVIEW], approval: { status: 'granted' }, forwardFails: new SallyportError('upstream_timeout', 'slow') });
    assert.deepEqual(crash.log.slice(1), ['execute', 'record command.forwarded', 'forward', 'lose', 'record command.failed', 'refuse failed']);
  });
});
