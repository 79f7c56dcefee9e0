import { lookup as systemLookup, type LookupAddress, type LookupOptions } from 'node:dns';
import { SallyportError } from '../core/error.ts';
import { isForbiddenHost, withinReach, type Reach } from './address.ts';

type LookupDone = (error: Error | null, address: string | LookupAddress[], family?: number) => void;

export type Lookup = (
  hostname: string,
  options: LookupOptions & { readonly all: true },
  done: (error: Error | null, addresses: LookupAddress[]) => void,
) => void;

/** A look-up for one connection that refuses what is out of reach: what was checked is what is dialled, so a name that answers differently the second time gains nothing. */
export function guardedLookup(reach: Reach, lookup: Lookup = systemLookup) {
  return (hostname: string, options: LookupOptions, done: LookupDone): void => {
    if (isForbiddenHost(hostname, reach)) return done(outOfReach(hostname), '');
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      const bad = addresses?.find(({ address }) => !withinReach(address, reach));
      const first = addresses?.[0];
      if (error) done(error, '');
      else if (bad || !first) done(outOfReach(hostname), '');
      else if (options.all) done(null, addresses);
      else done(null, first.address, first.family);
    });
  };
}

/** Throws for the host of a URL that is out of reach as it is written: an address is not looked up. */
export function refuseHost(hostname: string, reach: Reach): void {
  if (isForbiddenHost(hostname, reach)) throw outOfReach(hostname);
}

export const outOfReach = (host: string): SallyportError =>
  new SallyportError('upstream_unreachable', `${host} is not an address that may be reached from here`);
