import { availableParallelism, constants, getPriority, setPriority } from 'node:os';

/**
 * For a thread that works behind the calls: where all threads share one processor, the one that moves bytes goes first. With more of them it has one
 * to itself, and this one should not wait for what else the machine does.
 */
export function giveWay(): void {
  // Linux knows the priority of a thread; elsewhere it would be the whole process that steps back.
  if (process.platform !== 'linux' || availableParallelism() > 1) return;
  try {
    setPriority(Math.max(getPriority(), constants.priority.PRIORITY_BELOW_NORMAL));
  } catch {
    // Forbidden here: then they take turns.
  }
}
