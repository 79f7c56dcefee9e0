import { isIP, isIPv6 } from 'node:net';
import type { Detector, Finding, Probe } from '../detector.ts';
import type { Features } from '../features.ts';
import { matches } from '../matches.ts';

const V4 = /(?<![\w.-])\d{1,3}(?:\.\d{1,3}){3}(?![\w-]|\.\d)/g;
const V6 = /(?<![\w:.])(?=[0-9A-Fa-f.]{0,15}:)[0-9A-Fa-f:]{2,39}(?:(?<=:)\d{1,3}(?:\.\d{1,3}){3})?(?![\w:])/g;
/** RFC 4291: eight groups, six and an IPv4 address, or fewer with `::`. */
const SEVEN_COLONS = /(?:[0-9A-Fa-f]{1,4}:){6}/;
const VERSION = /(?:^|[\s"'(])(?:v|ver|version|release|build|rev)[ :=]{0,3}$/i;

/** IP addresses, private and loopback ones too. */
export const ipAddress: Detector = {
  name: 'ip-address',
  description: 'IPv4 and IPv6 addresses',
  kinds: ['ip-address'],
  context: /\b(?:ip|ipv4|ipv6|address|host|server|client|remote)\b/,
  mayFind: (features) => mayHoldV4(features) || mayHoldV6(features),
  find: (probe) => [...(mayHoldV4(probe.features) ? findV4(probe.text) : []), ...(mayHoldV6(probe.features) ? findV6(probe) : [])],
};

const mayHoldV4 = (features: Features): boolean => features.dots >= 3 && features.digits >= 4;
const mayHoldV6 = (features: Features): boolean => features.colons >= 2 && features.length >= 3;

function findV4(text: string): readonly Finding[] {
  return matches(text, V4)
    .filter((match) => isIP(match[0]) === 4 && !VERSION.test(text.slice(Math.max(0, match.index - 16), match.index)))
    .map((match) => finding(match.index, match[0]));
}

/** Short forms such as `a::b` are names in programs: one needs a digit, or enough groups. */
function findV6({ text, features }: Probe): readonly Finding[] {
  if (!text.includes('::') && !(features.colons >= 6 && SEVEN_COLONS.test(text))) return [];
  return matches(text, V6)
    .filter((match) => isIPv6(match[0]) && (/\d/.test(match[0]) || match[0].split(':').length > 4))
    .map((match) => finding(match.index, match[0]));
}

function finding(start: number, value: string): Finding {
  return { start, end: start + value.length, detector: 'ip-address', kind: 'ip-address', score: 0.8 };
}
