import { domainToASCII } from 'node:url';

/**
 * The domain of an e-mail address, in lower case and ASCII; undefined for what is none. An address with two `@` has no
 * domain: whether its first or its last counts is what readers differ in.
 */
export function emailDomain(address: string): string | undefined {
  const [, domain] = /^[^\s@"(),:;<>[\\\]]{1,64}@([^\s@"%(),:;<>[\\\]/]{1,253})$/u.exec(address) ?? [];
  const ascii = domain === undefined ? '' : domainToASCII(domain);
  return /^(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$/.test(ascii) ? ascii : undefined;
}
