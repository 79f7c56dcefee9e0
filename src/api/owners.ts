import type { Subject } from '../core/subject.ts';
import type { Target } from '../core/target.ts';
import type { Snapshot } from '../policy/snapshot.ts';

/** Whether the subject is among a target's `owners` (`group:x`, `person:x`); an agent is never one in its person's place. */
export function isOwner(subject: Subject, { owners }: Target): boolean {
  if (subject.onBehalfOf) return false;
  return owners.includes(`${subject.kind}:${subject.name}`) || subject.groups.some((group) => owners.includes(`group:${group}`));
}

export function ownedTargets(subject: Subject, snapshot: Snapshot): readonly string[] {
  return snapshot.targets.filter((target) => isOwner(subject, target)).map(({ name }) => name);
}
