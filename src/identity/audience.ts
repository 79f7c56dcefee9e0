import type { KnownToken } from './verified-tokens.ts';

/**
 * What stands for the gateway's own API where a target is named. No target can have the name. A token for it reaches nothing; the
 * command line, and no other client, has one turned into a sign-in.
 */
export const OWN_API = '@api';

/** The URL of a target, which is also the audience that names it: RFC 8707's resource, without a trailing slash. */
export function targetUrl(url: string, target: string): string {
  return `${url.replace(/\/+$/, '')}/mcp/${target}`;
}

export interface AudienceRule {
  /** URL of the gateway. */
  readonly url: string;
  readonly target: string;
  /** The audience that the issuer's configuration names; our own tokens have none. */
  readonly configured: string | undefined;
}

/**
 * Whether a token with these audiences may be used on this target. A token that names another target of this gateway is
 * refused whatever else it names; one of our own names exactly one target. Nobody but the gateway itself issues tokens for its own API.
 */
export function audienceFits({ audiences, targets }: Pick<KnownToken, 'audiences' | 'targets'>, rule: AudienceRule): boolean {
  const here = targetUrl(rule.url, rule.target);
  if (rule.configured === undefined) return audiences.length === 1 && audiences[0] === here;
  if (rule.target === OWN_API) return false;
  if (targets.some((audience) => audience !== here)) return false;
  return audiences.includes(rule.configured) || audiences.includes(here);
}

/** Those of a token's audiences that name targets of the gateway. */
export const namedTargets = (audiences: readonly string[], url: string): readonly string[] => audiences.filter((audience) => namesTarget(audience, url));

/** Whether it is a target's URL on this gateway, in any spelling that a URL parser reads as one. */
function namesTarget(audience: string, url: string): boolean {
  const prefix = targetUrl(url, '').toLowerCase();
  if (audience.toLowerCase().startsWith(prefix)) return true;
  const parsed = URL.parse(audience);
  return parsed !== null && `${parsed.origin}${parsed.pathname}`.toLowerCase().startsWith(new URL(prefix).href);
}
