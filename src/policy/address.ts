import { isForbiddenHost } from '../network/address.ts';

/** Why a target's address is refused; undefined where it is fine. Private addresses are fine: targets live there. */
export function addressProblem(address: string): { readonly message: string; readonly fix: string } | undefined {
  if (!URL.canParse(address)) return { message: 'address is not a URL', fix: 'write it as http://host:port/path' };
  const url = new URL(address);
  if (!SCHEMES.has(url.protocol)) return { message: `address has the scheme ${url.protocol}`, fix: 'use http or https, or postgres' };
  if (url.username !== '' || url.password !== '') return { message: 'address holds a user name or password', fix: 'move it to credential' };
  if (url.hash !== '') return { message: 'address has a fragment', fix: 'remove everything from the # on' };
  if (isForbiddenHost(url.hostname, 'configured')) return { message: "address is a cloud's metadata service or link-local", fix: "name the target's own host" };
  return undefined;
}

const SCHEMES: ReadonlySet<string> = new Set(['http:', 'https:', 'postgres:', 'postgresql:']);

/** Whether it is the address of a database server: `postgres://host:port/database`, and nothing behind. */
export function isDatabaseAddress(address: string): boolean {
  return /^postgres(?:ql)?:\/\/(?:\[[0-9a-fA-F:]+\]|[^/?#@\s:]+)(?::\d{1,5})?(?:\/[^/?#\s]*)?$/.test(address);
}
