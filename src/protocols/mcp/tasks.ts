import { isJsonObject, member, type JsonValue } from '../../core/json.ts';

const MAX_TASKS = 10_000;

/** Whose task an id is: only who started it may ask for it. Forgotten at a restart, and then refused. */
export class TaskOwners {
  readonly #owners = new Map<string, string>();

  /** Takes in the task that a result created, in either generation of the extension. */
  learn(result: JsonValue | undefined, owner: string): void {
    const id = taskIdIn(result);
    if (id === undefined || this.#owners.has(id)) return;
    this.#owners.set(id, owner);
    const oldest = this.#owners.size > MAX_TASKS ? this.#owners.keys().next().value : undefined;
    if (oldest !== undefined) this.#owners.delete(oldest);
  }

  isOwner(id: JsonValue | undefined, owner: string): boolean {
    return typeof id === 'string' && this.#owners.get(id) === owner;
  }
}

function taskIdIn(result: JsonValue | undefined): string | undefined {
  const task = member(result, 'task');
  const id = isJsonObject(task) ? member(task, 'taskId') : member(result, 'resultType') === 'task' ? member(result, 'taskId') : undefined;
  return typeof id === 'string' ? id : undefined;
}
