/** What several documents are made of. */
import { z } from 'zod';
import { readDuration } from './duration.ts';

/** Control, format, bidirectional and line-breaking characters: nothing that a name may hold. */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;

export const text = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .refine((value) => !HIDDEN.test(value), 'control or invisible characters are not allowed');

/** A check whose message says what is wrong and whose `fix` says what to write; it runs also where other parts are wrong. */
export const must = (fix: string) => ({ params: { fix }, when: () => true });

export interface Wrong {
  readonly message: string;
  readonly fix: string;
}

/** A string that something else knows how to check. */
export const checkedText = (max: number, check: (value: string) => Wrong | undefined) =>
  text(max).superRefine((value, context) => {
    const wrong = check(value);
    if (wrong) context.addIssue({ code: 'custom', message: wrong.message, params: { fix: wrong.fix } });
  });

export const name = text(63).regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'letters, digits, `.`, `_` and `-`, beginning with a letter or digit');
export const ruleName = text(128).refine((value) => value !== 'default', '`default` is the name of the answer where no rule matched');
export const pattern = text(512).refine((value) => value === value.trim() && !value.includes('  '), 'one space between the words, none around them');
export const subject = text(256).regex(/^(\*|(group|person|workload|ai-agent):[^\s].*)$/, 'write `group:x`, `person:x`, `workload:x`, `ai-agent:x` or `*`');
export const approver = text(256).regex(/^(group|person):[^\s].*$/, 'write `group:x` or `person:x`');
export const labels = z.record(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._/-]{0,62}$/, 'letters, digits, `.`, `_`, `-`, `/`'), text(256));
export const duration = z
  .string()
  .refine((value) => readDuration(value) !== undefined, 'write a number and a unit: `90s`, `30m`, `8h`, `7d`')
  .meta({ pattern: '^[1-9][0-9]{0,8}(ms|s|m|h|d)$' });

export function count(max: number) {
  return z.int().min(1).max(max);
}

/** A mapping with exactly one of these members. */
export function oneOf<T extends z.core.$ZodLooseShape>(shape: T, what: string) {
  return z
    .strictObject(shape)
    .refine((value) => Object.values(value).filter((part) => part !== undefined).length === 1, `name exactly one of ${Object.keys(shape).join(', ')}: ${what}`)
    .meta({ minProperties: 1, maxProperties: 1 });
}
