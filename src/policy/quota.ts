import type { Quota } from '../core/quota.ts';

/** Limits as they are written, in a rule or a target. */
export interface WrittenLimits {
  readonly rate?: string | undefined;
  readonly perDay?: { readonly calls?: number | undefined; readonly bytes?: number | undefined } | undefined;
  readonly concurrent?: number | undefined;
  readonly replyBytes?: number | undefined;
  readonly rows?: number | undefined;
  readonly runMs?: number | undefined;
}

const UNITS = { s: 1000, m: 60_000, h: 3_600_000 } as const;

/** `60/m`; undefined where it is none. */
export function readRate(text: string): Quota['rate'] | undefined {
  const match = /^([1-9]\d{0,6})\/([smh])$/.exec(text);
  // The pattern lets only these units through.
  return match ? { count: Number(match[1]), perMs: UNITS[match[2] as keyof typeof UNITS] } : undefined;
}

/** Undefined where nothing is bounded. */
export function quotaOf(rule: string, key: string, { rate, perDay, concurrent, replyBytes, rows, runMs }: WrittenLimits): Quota | undefined {
  const read = rate === undefined ? undefined : readRate(rate);
  const bounds = {
    ...(read ? { rate: read } : {}),
    ...(perDay?.calls === undefined ? {} : { callsPerDay: perDay.calls }),
    ...(perDay?.bytes === undefined ? {} : { bytesPerDay: perDay.bytes }),
    ...(concurrent === undefined ? {} : { concurrent }),
    ...(replyBytes === undefined ? {} : { replyBytes }),
    ...(rows === undefined ? {} : { rows }),
    ...(runMs === undefined ? {} : { runMs }),
  };
  return Object.keys(bounds).length === 0 ? undefined : Object.freeze({ rule, key, ...bounds });
}
