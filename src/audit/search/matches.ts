import type { Event } from '../../core/event.ts';
import { fieldWords } from './fields.ts';
import { searchExpression, type SearchExpression, type SearchFilter, type SearchScope } from './query.ts';

/** Whether one event is found by these fields within this scope. The same as a search without a text, for events that come one by one. */
export function eventMatcher(filter: Omit<SearchFilter, 'text'>, scope: SearchScope): (event: Event, owner: string | undefined) => boolean {
  const { any, all } = searchExpression(filter, scope);
  return (event, owner) => {
    const words = fieldWords(event, owner);
    const has = ({ word, match }: SearchExpression['all'][number]): boolean =>
      match === 'whole' ? words.includes(word) : words.some((other) => other.startsWith(word));
    return (any.length === 0 || any.some(has)) && all.every(has) && isWithin(event, filter);
  };
}

function isWithin({ time }: Event, { since, until }: SearchFilter): boolean {
  const at = Date.parse(time);
  return (since === undefined || at >= since) && (until === undefined || at < until);
}
