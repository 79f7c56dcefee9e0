import { lookup, type LookupAddress, type LookupOptions } from 'node:dns';
import { SallyportError } from '../core/error.ts';
import { withinReach, type Reach } from './address.ts';

type LookupDone = (error: Error | null, address: string | LookupAddress[], family?: number) => void;

/** A look-up for one connection that refuses what is out of reach: what was checked is what is dialled. */
export function guardedLookup(reach: Reach) {
  return (hostname: string, options: LookupOptions, done: LookupDone): void => {
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

export const outOfReach = (host: string): SallyportError =>
  new SallyportError('upstream_unreachable', `${host} is not an address that may be reached from here`);
