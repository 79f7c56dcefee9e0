/** Times as an operator reads them. `now` and `at` are epoch milliseconds. */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `just now`, `12 s ago`, `4 min ago`, `3 h ago`, `2 d ago`. */
export function ago(at: number, now: number): string {
  const past = now - at;
  if (past < 5 * SECOND) return 'just now';
  if (past < MINUTE) return `${Math.floor(past / SECOND)} s ago`;
  if (past < HOUR) return `${Math.floor(past / MINUTE)} min ago`;
  if (past < DAY) return `${Math.floor(past / HOUR)} h ago`;
  return `${Math.floor(past / DAY)} d ago`;
}

/** `0:42`, `14:05`, `3 h 20 min`, `2 d 4 h`; `none` once it is over. */
export function left(until: number, now: number): string {
  const rest = until - now;
  if (rest <= 0) return 'none';
  const seconds = Math.ceil(rest / SECOND);
  if (rest < HOUR) return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
  if (rest < DAY) return `${Math.floor(rest / HOUR)} h ${Math.floor((rest % HOUR) / MINUTE)} min`;
  return `${Math.floor(rest / DAY)} d ${Math.floor((rest % DAY) / HOUR)} h`;
}

/** From the start of a session: `+0.004 s`, `+12.3 s`, `+3:04`, `+2:03:04`. */
export function offset(at: number, start: number): string {
  const past = Math.max(0, at - start);
  if (past < 10 * SECOND) return `+${(past / SECOND).toFixed(3)} s`;
  if (past < MINUTE) return `+${(past / SECOND).toFixed(1)} s`;
  const seconds = Math.floor(past / SECOND);
  const two = (value: number): string => String(value).padStart(2, '0');
  const tail = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return past < HOUR ? `+${tail.replace(/^0/, '')}` : `+${Math.floor(past / HOUR)}:${tail}`;
}

/** `34 ms`, `1.2 s`, `2 min 3 s`. */
export function duration(milliseconds: number): string {
  if (milliseconds < SECOND) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < MINUTE) return `${(milliseconds / SECOND).toFixed(1)} s`;
  return `${Math.floor(milliseconds / MINUTE)} min ${Math.floor((milliseconds % MINUTE) / SECOND)} s`;
}

/** `30 min`, `2 h`, `1 h 30 min`. */
export function hours(minutes: number): string {
  const parts = [minutes >= 60 ? `${Math.floor(minutes / 60)} h` : '', minutes % 60 > 0 ? `${minutes % 60} min` : ''];
  return parts.filter((part) => part !== '').join(' ');
}

/** The reader's own clock, with the day and the zone: `2026-11-21 14:03:07 UTC+1`. */
export function clock(at: number): string {
  return `${day(at)} ${timeOfDay(at)} ${zone(at)}`;
}

export function day(at: number): string {
  const date = new Date(at);
  return [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-');
}

export function timeOfDay(at: number): string {
  const date = new Date(at);
  return [two(date.getHours()), two(date.getMinutes()), two(date.getSeconds())].join(':');
}

/** The zone of the reader's clock at that time: `UTC`, `UTC+1`, `UTC-3:30`. */
export function zone(at: number): string {
  return zoneOf(-new Date(at).getTimezoneOffset());
}

/** `minutes` east of Greenwich. */
export function zoneOf(minutes: number): string {
  if (minutes === 0) return 'UTC';
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return `UTC${minutes < 0 ? '-' : '+'}${hours}${rest === 0 ? '' : `:${two(rest)}`}`;
}

const two = (value: number): string => String(value).padStart(2, '0');
