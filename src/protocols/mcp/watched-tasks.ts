/** Subscriptions to tasks of the gateway's own: the target knows nothing of them, so it is not asked, and the gateway tells of them itself. */
import { isJsonArray, isJsonObject, member, writeJson, type JsonObject, type JsonValue } from '../../core/json.ts';
import type { Session } from '../../core/session.ts';
import type { RpcId, RpcMessage, RpcRequest } from './codec.ts';
import { openTaskId, type OwnTask } from './own-task.ts';
import type { McpContext } from './side.ts';
import { writeEvent } from './sse.ts';
import { viewOf } from './task-answer.ts';
import { detailedTask } from './task-view.ts';

const LOOK_EVERY_MS = 500;
const SUBSCRIPTION = 'io.modelcontextprotocol/subscriptionId';

export interface Watched {
  /** The subscription without them. */
  readonly message: RpcRequest;
  readonly tasks: readonly OwnTask[];
}

/** Undefined where a message subscribes to no task of the gateway's own. */
export function watchedTasks(message: RpcMessage, session: Session, key: Uint8Array): Watched | undefined {
  if (message.kind !== 'request' || message.method !== 'subscriptions/listen') return undefined;
  const notifications = member(message.params, 'notifications');
  const ids = member(notifications, 'taskIds');
  if (!isJsonObject(notifications) || !isJsonArray(ids)) return undefined;
  const opened = ids.map((id) => ({ id, task: openTaskId(id, session, key) }));
  const tasks = opened.flatMap(({ task }) => task ?? []);
  if (tasks.length === 0) return undefined;
  const others = opened.flatMap(({ id, task }): JsonValue[] => (task ? [] : [id]));
  const { taskIds: _ids, ...rest } = notifications;
  const params = { ...message.params, notifications: { ...rest, ...(others.length === 0 ? {} : { taskIds: others }) } };
  return { message: { ...message, params, message: { ...message.message, params } }, tasks };
}

/** Tells of each change of these tasks until it is stopped. */
export function tellOfTasks(tasks: readonly OwnTask[], subscription: RpcId, context: McpContext, say: (event: string) => Promise<void>): () => void {
  const told = new Map<string, string>();
  async function look(): Promise<void> {
    for (const task of tasks) {
      const view = await viewOf(task, 'modern', context);
      if (!view) continue;
      const { resultType: _type, ...state } = detailedTask({ ...view, id: task.id });
      const now = writeJson(state);
      const before = told.get(task.id);
      told.set(task.id, now);
      if (before !== undefined && before !== now) await say(writeEvent(writeJson(notification(state, subscription))));
    }
  }
  let looking: Promise<void> | undefined;
  // What cannot be read now is read the next time.
  const tick = (): void => {
    looking ??= look()
      .catch(() => {})
      .finally(() => (looking = undefined));
  };
  tick();
  const timer = setInterval(tick, LOOK_EVERY_MS);
  return () => clearInterval(timer);
}

function notification(state: JsonObject, subscription: RpcId): JsonObject {
  return { jsonrpc: '2.0', method: 'notifications/tasks', params: { ...state, _meta: { [SUBSCRIPTION]: subscription } } };
}
