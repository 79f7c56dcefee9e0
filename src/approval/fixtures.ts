/** What the tests of this folder are built from. */
import type { Approval, ApprovalAsk } from '../core/approval.ts';
import { makeCommand } from '../core/command.ts';
import type { ApprovalRequirement } from '../core/decision.ts';
import { SallyportError } from '../core/error.ts';
import type { Event } from '../core/event.ts';
import type { JsonValue } from '../core/json.ts';
import type { Recorder } from '../core/recorder.ts';
import type { Subject } from '../core/subject.ts';
import { DEFAULT_LIMITS, type Target } from '../core/target.ts';

export const MINUTE = 60_000;
export const KEY = Buffer.alloc(32, 7);

export function person(name: string, ...groups: string[]): Subject {
  return { kind: 'person', id: name, name, groups, issuer: 'local' };
}

export function agentOf(behind: Subject): Subject {
  return { kind: 'ai-agent', id: 'helper', name: `${behind.name}-helper`, groups: behind.groups, issuer: 'local', onBehalfOf: behind };
}

export const scientist = person('scientist', 'data-science', 'ml-leads');
export const lead = person('lead', 'ml-leads');
export const second = person('second', 'ml-leads', 'security');
export const stranger = person('stranger', 'sales');

export function requirement(more: Partial<ApprovalRequirement> = {}): ApprovalRequirement {
  return { rule: 'lead', from: ['group:ml-leads'], quorum: 1, pendingMs: 30 * MINUTE, usableMs: 15 * MINUTE, reason: 'optional', ...more };
}

export interface AskParts {
  readonly subject?: Subject;
  readonly client?: string;
  readonly target?: Partial<Target>;
  readonly args?: JsonValue;
  readonly definition?: string;
  readonly policy?: string;
  readonly approvals?: readonly ApprovalRequirement[];
}

export function askFor(parts: AskParts = {}): ApprovalAsk {
  const command = makeCommand({
    protocol: 'mcp',
    name: 'tools/call update_deployment',
    naming: 'plain',
    arguments: parts.args ?? { replicas: 3 },
    definition: parts.definition ?? 'tool-v1',
  });
  const decided = { rule: 'lead', reason: 'a change takes a lead', risk: { score: 45, factors: [] }, masks: [], policyVersion: parts.policy ?? 'p1' };
  return {
    session: {
      id: 's1',
      subject: parts.subject ?? scientist,
      target: { ...TARGET, ...parts.target },
      client: { address: '127.0.0.1', userAgent: 'test', id: parts.client ?? '' },
    },
    command,
    decision: { ...decided, effect: 'review', approvals: parts.approvals ?? [requirement()] },
    shown: command.canonical,
  };
}

const TARGET: Target = {
  name: 'models',
  protocol: 'mcp',
  address: 'http://127.0.0.1:7700/mcp',
  labels: {},
  owners: [],
  audit: 'strict',
  masking: 'enforce',
  pin: 'trust-first',
  extraArguments: 'refuse',
  leadingDash: 'refuse',
  limits: DEFAULT_LIMITS,
};

/** A recorder that keeps events in memory, and fails when told to, as a full disk would. */
export class MemoryRecorder implements Recorder {
  readonly events: Event[] = [];
  failing = false;

  async append(event: Event): Promise<void> {
    await Promise.resolve();
    if (this.failing) throw new SallyportError('record_failed', 'the disk is full');
    this.events.push(event);
  }

  kinds(approval: Pick<Approval, 'id'>): readonly string[] {
    return this.events.filter((event) => event.approval === approval.id).map((event) => event.kind);
  }
}

/** A clock that stands still until it is moved. */
export class Clock {
  #at = Date.parse('2026-11-21T12:00:00Z');

  readonly now = (): number => this.#at;

  pass(milliseconds: number): void {
    this.#at += milliseconds;
  }
}
