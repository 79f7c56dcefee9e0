import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { inSubnets } from './address.ts';

/** From where a request comes, as it is recorded and limited. Empty where the connection is gone already. */
export type ClientAddress = (request: ClientRequest) => string;

interface ClientRequest extends Pick<IncomingMessage, 'headers'> {
  readonly socket: Pick<IncomingMessage['socket'], 'remoteAddress'>;
}

/** Of one chain; nobody has more proxies, and what is written further left is not read. */
const MAX_PROXIES = 16;

/**
 * The address at the other end of the socket. Where that is a trusted proxy, the one that it added to `X-Forwarded-For`, which
 * is the last, and so on from right to left for as long as a trusted proxy is what it names: what stands further left the client may have written itself.
 * Subnets are `address/prefix`.
 */
export function clientAddress(trustedProxies: readonly string[]): ClientAddress {
  if (trustedProxies.length === 0) return ({ socket }) => socket.remoteAddress ?? '';
  const isTrusted = inSubnets(trustedProxies);
  return ({ socket, headers }) => {
    let address = plain(socket.remoteAddress ?? '');
    for (const hop of hopsOf(headers['x-forwarded-for'])) {
      if (!isTrusted(address)) return address;
      const named = addressOf(hop);
      // It is no address, so whoever is behind the proxy is not known: they are all one.
      if (named === undefined) return address;
      address = named;
    }
    return address;
  };
}

/** The last first. Several headers were joined by Node. */
function hopsOf(header: string | string[] | undefined): readonly string[] {
  if (header === undefined) return [];
  return String(header).split(',').slice(-MAX_PROXIES).toReversed();
}

/** Some proxies add the port, and then brackets around an IPv6 address. */
function addressOf(hop: string): string | undefined {
  const [, bracketed, ipv4, bare] = /^\s*(?:\[([^\]]*)\](?::\d{1,5})?|([\d.]+):\d{1,5}|(\S+))\s*$/.exec(hop) ?? [];
  const address = plain(bracketed ?? ipv4 ?? bare ?? '');
  return isIP(address) === 0 ? undefined : address;
}

/** One spelling: an IPv4 address as itself where a socket for IPv6 shows it, and without the name of an interface. */
function plain(address: string): string {
  const [bare = ''] = address.toLowerCase().split('%', 1);
  const mapped = bare.startsWith('::ffff:') ? bare.slice('::ffff:'.length) : '';
  return isIP(mapped) === 4 ? mapped : bare;
}
