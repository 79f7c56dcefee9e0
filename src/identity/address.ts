import { BlockList, isIP } from 'node:net';

/**
 * How far an outgoing request may go. `configured`: an address that the operator wrote, reached as it is, but never where
 * clouds serve credentials: link-local ranges, and the addresses of AWS, Google, Alibaba and Azure outside of them.
 * `public`: an address that some document named; nothing inside.
 */
export type Reach = 'configured' | 'public';

/** Subnets, as `address/prefix`; IPv4 rules also hold for IPv4-mapped IPv6 addresses. */
const METADATA = ['169.254.0.0/16', 'fe80::/10', 'fd00:ec2::254/128', 'fd20:ce::254/128', '100.100.100.200/32', '168.63.129.16/32'];
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

const FORBIDDEN: Readonly<Record<Reach, BlockList>> = { configured: blockList(METADATA), public: blockList(NOT_PUBLIC) };

/** Whether an IP address lies within reach; what is no IP address does not. */
export function withinReach(address: string, reach: Reach): boolean {
  const version = isIP(address);
  if (version === 0) return false;
  return !FORBIDDEN[reach].check(address, version === 4 ? 'ipv4' : 'ipv6');
}

function blockList(subnets: readonly string[]): BlockList {
  const list = new BlockList();
  for (const subnet of subnets) {
    const [address = '', prefix] = subnet.split('/');
    list.addSubnet(address, Number(prefix), isIP(address) === 4 ? 'ipv4' : 'ipv6');
  }
  return list;
}
