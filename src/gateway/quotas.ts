import { SallyportError } from '../core/error.ts';
import type { Quota, Quotas } from '../core/quota.ts';
import type { Admission, Exhausted, QuotaKeeper } from '../core/quota-keeper.ts';
import type { Session } from '../core/session.ts';
import { subjectKey } from '../core/subject.ts';
import type { DayBook } from './day-book.ts';

const DAY_MS = 86_400_000;
const SWEEP_AT = 50_000;

interface Bucket {
  tokens: number;
  at: number;
  underWay: number;
}

interface Hold {
  readonly quota: Quota;
  readonly key: string;
  readonly bucket: Bucket;
  readonly day: string;
}

/**
 * Counts by subject, target and quota. Rates and commands under way are this process's own and begin anew with it; what is
 * used on a day is in the database, so a restart gives nobody a second day's worth.
 */
export class QuotaCounter implements QuotaKeeper {
  readonly #book: DayBook;
  readonly #now: () => number;
  readonly #buckets = new Map<string, Bucket>();
  #today = '';

  constructor(book: DayBook, now: () => number = Date.now) {
    this.#book = book;
    this.#now = now;
  }

  async admit(session: Session, quotas: Quotas): Promise<Admission | Exhausted> {
    const holds: Hold[] = [];
    for (const group of quotas) {
      const outcome = await this.#admitOne(session, group);
      if ('reason' in outcome) {
        holds.forEach(giveBack);
        return outcome;
      }
      holds.push(outcome);
    }
    return this.#admission(holds);
  }

  /** The first of the group that has room; where none has, the one that has room first says why. */
  async #admitOne(session: Session, group: readonly Quota[]): Promise<Hold | Exhausted> {
    let soonest: Exhausted | undefined;
    for (const quota of group) {
      const outcome = await this.#take(session, quota);
      if (!('reason' in outcome)) return outcome;
      if (!soonest || outcome.retryAfterMs < soonest.retryAfterMs) soonest = outcome;
    }
    return soonest ?? { rule: 'default', reason: 'no limit admits it', retryAfterMs: DAY_MS };
  }

  async #take(session: Session, quota: Quota): Promise<Hold | Exhausted> {
    const now = this.#now();
    const key = JSON.stringify([quota.key, session.target.name, quota.subject ?? subjectKey(session.subject)]);
    const bucket = this.#bucketOf(key, quota, now);
    if (quota.concurrent !== undefined && bucket.underWay >= quota.concurrent) return exhausted(quota, `${quota.concurrent} commands at once`, 1000);
    if (quota.rate && bucket.tokens < 1) {
      const { count, perMs } = quota.rate;
      return exhausted(quota, `${count} commands in ${spanOf(perMs)}`, Math.ceil(((1 - bucket.tokens) * perMs) / count));
    }
    if (quota.rate) bucket.tokens -= 1;
    bucket.underWay += 1;
    const hold: Hold = { quota, key, bucket, day: new Date(now).toISOString().slice(0, 10) };
    return (await this.#takeToday(hold)) ?? hold;
  }

  /** What is refused here gives back what was taken before. */
  async #takeToday(hold: Hold): Promise<Exhausted | undefined> {
    const { callsPerDay: calls, bytesPerDay: bytes } = hold.quota;
    if (calls === undefined && bytes === undefined) return undefined;
    try {
      await this.#forgetOldDays(hold.day);
      const limits = { ...(calls === undefined ? {} : { calls }), ...(bytes === undefined ? {} : { bytes }) };
      if (await this.#book.take(hold.key, hold.day, limits)) return undefined;
    } catch (error) {
      giveBack(hold);
      throw error;
    }
    giveBack(hold);
    const what = [...(calls === undefined ? [] : [`${calls} commands`]), ...(bytes === undefined ? [] : [`${bytes} bytes of replies`])].join(' or ');
    return exhausted(hold.quota, `${what} a day`, DAY_MS - (this.#now() % DAY_MS));
  }

  #admission(holds: readonly Hold[]): Admission {
    let bytes = 0;
    return {
      spend: (more) => {
        bytes += more;
        const small = holds.find(({ quota }) => quota.replyBytes !== undefined && more > quota.replyBytes)?.quota;
        if (small)
          throw new SallyportError('limit_exceeded', `the reply is larger than the ${small.replyBytes} bytes that ${small.rule} allows`, {
            hint: 'ask for less',
          });
      },
      end: async () => {
        for (const { bucket } of holds) bucket.underWay -= 1;
        const counted = bytes === 0 ? [] : holds.filter(({ quota }) => quota.bytesPerDay !== undefined);
        await Promise.all(counted.map(({ key, day }) => this.#book.spend(key, day, bytes)));
      },
    };
  }

  #bucketOf(key: string, { rate }: Quota, now: number): Bucket {
    const known = this.#buckets.get(key);
    if (known) {
      if (rate) known.tokens = Math.min(rate.count, known.tokens + ((now - known.at) * rate.count) / rate.perMs);
      known.at = now;
      return known;
    }
    if (this.#buckets.size >= SWEEP_AT) this.#sweep(now);
    const made: Bucket = { tokens: rate?.count ?? 0, at: now, underWay: 0 };
    this.#buckets.set(key, made);
    return made;
  }

  /** A bucket that nobody used for a day is full again. */
  #sweep(now: number): void {
    for (const [key, { at, underWay }] of this.#buckets) if (underWay === 0 && now - at > DAY_MS) this.#buckets.delete(key);
  }

  async #forgetOldDays(day: string): Promise<void> {
    if (day === this.#today) return;
    this.#today = day;
    await this.#book.forget(new Date(Date.parse(day) - 7 * DAY_MS).toISOString().slice(0, 10));
  }
}

function giveBack({ quota, bucket }: Hold): void {
  bucket.underWay -= 1;
  if (quota.rate) bucket.tokens += 1;
}

function exhausted({ rule }: Quota, what: string, retryAfterMs: number): Exhausted {
  const seconds = Math.max(1, Math.ceil(retryAfterMs / 1000));
  const name = rule === 'target' ? 'the limit of this target' : `the limit of the rule ${rule}`;
  return { rule, reason: `${name} is reached: ${what}; the same call may work in ${seconds} s`, retryAfterMs };
}

const spanOf = (ms: number): string => (ms === 1000 ? 'a second' : ms === 60_000 ? 'a minute' : ms === 3_600_000 ? 'an hour' : `${ms / 1000} s`);
