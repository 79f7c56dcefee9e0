import { BlockList, isIP } from 'node:net';

/**
 * How far an outgoing request may go. `configured`: an address that the operator wrote, reached as it is, but never where
 * clouds serve credentials: link-local ranges, and the addresses of AWS, Google, Alibaba and Azure outside of them.
 * `public`: an address that some document named; nothing inside.
 */
export type Reach = 'configured' | 'public';

/** Subnets, as `address/prefix`; IPv4 rules also hold for IPv4-mapped IPv6 addresses. */
const METADATA_IPV4 = ['169.254.0.0/16', '100.100.100.200/32', '168.63.129.16/32'];
/** Prefixes under which IPv6 carries an IPv4 address: of translators (RFC 6052), and compatible ones. */
const CARRIERS = ['64:ff9b::', '::'];
const METADATA = [...METADATA_IPV4, ...METADATA_IPV4.flatMap(carried), 'fe80::/10', 'fd00:ec2::254/128', 'fd20:ce::254/128'];
const NOT_PUBLIC = [
  ...METADATA,
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '::/127',
  '64:ff9b::/96',
  '64:ff9b:1::/48',
  '100::/64',
  '2001::/32',
  '2001:db8::/32',
  '2002::/16',
  'fc00::/7',
  'fec0::/10',
  'ff00::/8',
];

const FORBIDDEN: Readonly<Record<Reach, (address: string) => boolean>> = { configured: inSubnets(METADATA), public: inSubnets(NOT_PUBLIC) };

/** Names that clouds give their metadata services. */
const METADATA_NAME = /^(?:metadata|instance-data|(?:.*\.)?metadata\.google\.internal|(?:.*\.)?metadata\.azure\.internal)$/;

/** Whether the host of a URL is out of reach whatever a look-up says. `URL` brings IPv4 in any notation to four numbers. */
export function isForbiddenHost(hostname: string, reach: Reach): boolean {
  const host = hostname
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '');
  return isIP(host) === 0 ? METADATA_NAME.test(host) : !withinReach(host, reach);
}

/** Whether an IP address lies within reach; what is no IP address does not. */
export function withinReach(address: string, reach: Reach): boolean {
  return isIP(address) !== 0 && !FORBIDDEN[reach](address);
}

function carried(subnet: string): readonly string[] {
  const [address = '', prefix] = subnet.split('/');
  const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number);
  const tail = `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  return CARRIERS.map((carrier) => `${carrier}${tail}/${96 + Number(prefix)}`);
}

/** Whether an IP address lies in one of the subnets (`address/prefix`); what is no IP address does not. IPv4 is found in IPv6 that carries it mapped. */
export function inSubnets(subnets: readonly string[]): (address: string) => boolean {
  const list = new BlockList();
  for (const subnet of subnets) {
    const [address = '', prefix] = subnet.split('/');
    list.addSubnet(address, Number(prefix), familyOf(address));
  }
  return (address) => isIP(address) !== 0 && list.check(address, familyOf(address));
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 4 ? 'ipv4' : 'ipv6';
}
