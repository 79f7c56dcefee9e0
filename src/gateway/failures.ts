import type { ErrorCode, SallyportError } from '../core/error.ts';
import type { Log } from '../core/log.ts';
import type { Session } from '../core/session.ts';

/** What an operator can do something about, with its cause: the caller was told without. */
const WITH_CAUSE: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'upstream_unreachable',
  'upstream_timeout',
  'credential_missing',
  'record_failed',
  'storage_failed',
  'internal',
]);
/** The cause may quote what a target said, so only the message is told. */
const WITHOUT_CAUSE: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['upstream_invalid', 'masking_failed']);

/** Tells the operator of commands that failed through no fault of their callers. */
export function failureReport(log: Log): (error: SallyportError, session: Session) => void {
  return (error, { target }) => {
    const part = `target ${target.name}`;
    if (WITH_CAUSE.has(error.code)) log.error(part, error);
    else if (WITHOUT_CAUSE.has(error.code)) log.warn(part, error.message);
    else log.debug(part, `${error.code}: ${error.message}`);
  };
}
