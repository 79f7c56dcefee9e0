/** What each rule gives to whom, beside what the record says was used of it: the evidence of an access review. */
import type { EventSubject } from '../core/event.ts';
import type { Subject, SubjectKind } from '../core/subject.ts';
import type { AccessGrant } from './access-grant.ts';
import { compileGlob, foldCase, matchesGlob, type Glob } from '../core/glob.ts';
import type { PolicyDocument } from './schema.ts';
import type { PastCommand } from './simulate.ts';
import { compileSubjects, matchesSubject, type SubjectMatcher } from './subjects.ts';

const MOST_NAMED = 5;

/** Grants of these policies with their use in `past`, the unused first. */
export async function reviewAccess(policies: readonly PolicyDocument[], past: AsyncIterable<PastCommand>): Promise<readonly AccessGrant[]> {
  const tallies = policies.flatMap(talliesOf);
  for await (const one of past) if (one.event.kind === 'command.forwarded') for (const tally of tallies) count(tally, one);
  return tallies.map(grantOf).toSorted((a, b) => a.uses - b.uses);
}

interface Tally {
  readonly grant: Pick<AccessGrant, 'policy' | 'rule' | 'who' | 'effect' | 'pattern' | 'when'>;
  readonly subjects: SubjectMatcher;
  readonly glob: Glob;
  uses: number;
  lastAt: string;
  readonly usedBy: Set<string>;
  readonly commands: Set<string>;
}

function talliesOf(policy: PolicyDocument): readonly Tally[] {
  return policy.rules.flatMap((rule) =>
    (['allow', 'review'] as const).flatMap((effect) =>
      (rule[effect] ?? []).flatMap((pattern) =>
        (rule.subjects ?? ['*']).map((who) => ({
          grant: { policy: policy.name, rule: rule.name, who, effect, pattern, ...(rule.when === undefined ? {} : { when: rule.when }) },
          subjects: compileSubjects([who]),
          glob: compileGlob(effect === 'allow' ? pattern : foldCase(pattern)),
          uses: 0,
          lastAt: '',
          usedBy: new Set<string>(),
          commands: new Set<string>(),
        })),
      ),
    ),
  );
}

/** A command that several rules cover counts for each of them: nobody can say which one it would have missed. */
function count(tally: Tally, { event: { subject, command, time } }: PastCommand): void {
  if (!subject || !command) return;
  const name = tally.grant.effect === 'allow' ? command.name : foldCase(command.name);
  if (!matchesGlob(tally.glob, name) || !peopleOf(subject).some((one) => matchesSubject(tally.subjects, one))) return;
  tally.uses += 1;
  if (time > tally.lastAt) tally.lastAt = time;
  // One more than is shown, so that "more" is known.
  if (tally.usedBy.size <= MOST_NAMED) tally.usedBy.add(subject.name);
  if (tally.commands.size <= MOST_NAMED) tally.commands.add(command.name);
}

/** Whoever needed a rule: the caller, and the person it acted for, of whom the record has the name alone. */
function peopleOf({ onBehalfOf, kind, ...subject }: EventSubject): readonly Subject[] {
  // The record has the three kinds and no other.
  const caller: Subject = { ...subject, kind: kind as SubjectKind };
  return onBehalfOf === undefined ? [caller] : [caller, { kind: 'person', id: onBehalfOf, name: onBehalfOf, groups: [], issuer: '' }];
}

function grantOf({ grant, uses, lastAt, usedBy, commands }: Tally): AccessGrant {
  const isPattern = grant.pattern.includes('*');
  return {
    ...grant,
    uses,
    ...(uses === 0 ? {} : { lastAt }),
    usedBy: [...usedBy].slice(0, MOST_NAMED),
    commands: isPattern ? [...commands].slice(0, MOST_NAMED) : [],
    advice: uses === 0 ? 'take-away' : isPattern && commands.size <= MOST_NAMED ? 'narrow' : 'keep',
  };
}
