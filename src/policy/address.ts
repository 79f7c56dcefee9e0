import { isIP } from 'node:net';

/** Why a target's address is refused; undefined where it is fine. Private addresses are fine: targets live there. */
export function addressProblem(address: string): { readonly message: string; readonly fix: string } | undefined {
  if (!URL.canParse(address)) return { message: 'address is not a URL', fix: 'write it as http://host:port/path' };
  const url = new URL(address);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return { message: `address has the scheme ${url.protocol}`, fix: 'use http or https' };
  if (url.username !== '' || url.password !== '') return { message: 'address holds a user name or password', fix: 'move it to credential' };
  if (url.hash !== '') return { message: 'address has a fragment', fix: 'remove everything from the # on' };
  if (isMetadata(url.hostname)) return { message: "address is a cloud's metadata service or link-local", fix: "name the target's own host" };
  return undefined;
}

/** Hosts that hand out credentials of the machine itself. `URL` has already brought IPv4 in any notation to four numbers. */
function isMetadata(hostname: string): boolean {
  const host = hostname
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '');
  if (isIP(host) === 4) return isMetadataIPv4(host);
  if (isIP(host) === 6) return isMetadataIPv6(host);
  return host === 'metadata' || host === 'metadata.google.internal' || host === 'instance-data' || host.endsWith('.metadata.google.internal');
}

const isMetadataIPv4 = (host: string): boolean => host.startsWith('169.254.') || host === '100.100.100.200' || host === '168.63.129.16';

function isMetadataIPv6(host: string): boolean {
  if (/^fe[89ab]/.test(host) || host === 'fd00:ec2::254' || host === 'fd20:ce::254') return true;
  const embedded = /^(?:::ffff:|64:ff9b::|::)([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(host);
  if (!embedded) return false;
  const high = Number.parseInt(embedded[1] ?? '0', 16);
  const low = Number.parseInt(embedded[2] ?? '0', 16);
  return isMetadataIPv4([high >> 8, high & 255, low >> 8, low & 255].join('.'));
}
