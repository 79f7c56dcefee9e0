import { SallyportError } from '../core/error.ts';
import { readDuration } from '../policy/duration.ts';

/** A time with its zone, a day (UTC), or how long ago: RFC 3339, UTC. Throws `usage`. */
export function timeOption(name: string, text: string, now: number = Date.now()): string {
  const ago = readDuration(text);
  if (ago !== undefined) return new Date(now - ago).toISOString();
  if (/^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d))?$/.test(text) && !Number.isNaN(Date.parse(text))) {
    return new Date(Date.parse(text)).toISOString();
  }
  throw new SallyportError('usage', `--${name} ${text} is no time`, {
    hint: 'such as 24h, 2026-11-21, 2026-11-21T14:00:00Z or 2026-11-21T15:00:00+01:00',
  });
}
