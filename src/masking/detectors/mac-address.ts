import { hasContext, type Detector, type Finding, type Probe } from '../detector.ts';
import { matches } from '../matches.ts';

const CONTEXT = /\b(?:mac|hwaddr|ether|ethernet|bssid|hardware address|physical address)\b/;
const MAC =
  /(?<![0-9A-Za-z:])(?:[0-9A-Fa-f]{2}(?=([:-]))(?:\1[0-9A-Fa-f]{2}){5}|[0-9A-Fa-f]{4}(?:\.[0-9A-Fa-f]{4}){2}|[0-9A-Fa-f]{12})(?![0-9A-Za-z]|[:-][0-9A-Fa-f]{2})/g;

/** Hardware addresses in pairs, in Cisco's groups of four, or bare near their word. */
export const macAddress: Detector = {
  name: 'mac-address',
  description: 'hardware (MAC) addresses',
  kinds: ['mac-address'],
  context: CONTEXT,
  mayFind: (features) => features.colons >= 5 || features.dashes >= 5 || features.dots >= 2 || features.word >= 12,
  find: findMacs,
};

function findMacs(probe: Probe): readonly Finding[] {
  return matches(probe.text, MAC).map((match) => {
    const start = match.index;
    const end = start + match[0].length;
    const sure = match[1] === ':' || hasContext(probe, CONTEXT, start, end);
    return { start, end, detector: 'mac-address', kind: 'mac-address', score: sure ? 0.9 : match[0].length === 12 ? 0.1 : 0.6 };
  });
}
