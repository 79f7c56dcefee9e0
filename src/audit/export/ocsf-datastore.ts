import type { Event } from '../../core/event.ts';
import { isOfSession } from '../index-rows.ts';
import type { RecordedBody } from '../replay.ts';
import { saidText, type ExportedEvent } from './exported-event.ts';
import { otherActivity, type OcsfActivity, type OcsfClass } from './ocsf-class.ts';

/** Whether somebody did it to a database; approvals and locks about one are asked of the gateway. */
export function isOfDatastore({ kind, protocol, target }: Event): boolean {
  return protocol === 'postgres' && target !== undefined && isOfSession(kind);
}

/** Datastore Activity (6005): a session with a database, and its statements. Source: https://schema.ocsf.io/1.5.0/classes/datastore_activity */
export function datastoreActivity({ event, bodies = [] }: ExportedEvent): OcsfClass {
  const request = bodies.find(({ name }) => name === 'request');
  const answers = bodies.filter(({ name }) => name !== 'request');
  return {
    uid: 6005,
    name: 'Datastore Activity',
    activity: activityOf(event),
    attributes: {
      type_id: 1,
      type: 'Database',
      database: { name: event.target, type_id: 1, type: 'Relational' },
      dst_endpoint: { svc_name: event.target },
      ...(request ? { query_info: { uid: event.intent ?? event.id, query_string: statementOf(request) } } : {}),
    },
    unmapped: {
      ...(event.command ? { effect: event.command.name } : {}),
      ...(answers.length > 0 ? { reply: answers.map(saidText).join('\n') } : {}),
    },
  };
}

/** By the most severe effect, which is the statement's name; the first that fits counts. */
const ACTIVITIES: readonly (readonly [effect: RegExp, id: number, name: string])[] = [
  [/^(?:session|admin):(?:show|configuration)\b/, 1, 'Read'],
  [/^read\b/, 4, 'Query'],
  [/^write:(?:update|merge)\b/, 2, 'Update'],
  [/^(?:write:(?:delete|truncate)|ddl:drop)\b/, 7, 'Delete'],
  [/^write\b/, 5, 'Write'],
  [/^ddl:(?:create|import-foreign-schema)\b/, 6, 'Create'],
  [/^ddl\b/, 2, 'Update'],
];

function activityOf({ kind, command }: Event): OcsfActivity {
  if (kind === 'session.opened') return { id: 3, name: 'Connect' };
  const known = command && ACTIVITIES.find(([effect]) => effect.test(command.name));
  return known ? { id: known[1], name: known[2] } : otherActivity(command?.name ?? kind);
}

/** The statement of what was recorded with it: `statementCommand` puts it beside parameters and search path. */
function statementOf(request: RecordedBody): string {
  const text = saidText(request);
  try {
    const { statement } = JSON.parse(text) as { statement?: unknown };
    return typeof statement === 'string' ? statement : text;
  } catch {
    return text;
  }
}
