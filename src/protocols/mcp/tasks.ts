import type { Command } from '../../core/command.ts';
import { isJsonArray, isJsonObject, member, type JsonObject, type JsonValue } from '../../core/json.ts';

const MAX_TASKS = 10_000;

/** Whose task an id is, and what started it: only who started it may ask for it, and only while that is still allowed. Forgotten at a restart, and then refused. */
export class TaskOwners {
  readonly #tasks = new Map<string, { readonly owner: string; readonly command: Command }>();

  /** Takes in the task that a result created, in either generation of the extension. */
  learn(result: JsonValue | undefined, owner: string, command: Command): void {
    const id = taskIdIn(result);
    if (id === undefined || this.#tasks.has(id)) return;
    this.#tasks.set(id, { owner, command });
    const oldest = this.#tasks.size > MAX_TASKS ? this.#tasks.keys().next().value : undefined;
    if (oldest !== undefined) this.#tasks.delete(oldest);
  }

  /** The command that started the owner's task; undefined for a task of somebody else, and for none. */
  startedBy(id: JsonValue | undefined, owner: string): Command | undefined {
    const task = typeof id === 'string' ? this.#tasks.get(id) : undefined;
    return task?.owner === owner ? task.command : undefined;
  }

  /** A `tasks/list` result with the owner's tasks only. */
  filter(result: JsonObject, owner: string): JsonObject {
    const tasks = member(result, 'tasks');
    return isJsonArray(tasks) ? { ...result, tasks: tasks.filter((task) => this.startedBy(member(task, 'taskId'), owner)) } : result;
  }
}

function taskIdIn(result: JsonValue | undefined): string | undefined {
  const task = member(result, 'task');
  const id = isJsonObject(task) ? member(task, 'taskId') : member(result, 'resultType') === 'task' ? member(result, 'taskId') : undefined;
  return typeof id === 'string' ? id : undefined;
}
