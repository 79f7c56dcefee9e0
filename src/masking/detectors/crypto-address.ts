import { createHash } from 'node:crypto';
import type { Detector, Finding, Probe } from '../detector.ts';
import { matches } from '../matches.ts';

const BASE58 = /(?<![A-Za-z0-9])[13mn2LMDTX9At7][1-9A-HJ-NP-Za-km-z]{25,34}(?![A-Za-z0-9])/g;
const BECH32 = /(?<![A-Za-z0-9])(bc|tb|ltc)1([02-9ac-hj-np-z]{11,87}|[02-9AC-HJ-NP-Z]{11,87})(?![A-Za-z0-9])/gi;
const HEX = /(?<![A-Za-z0-9])0x[0-9a-fA-F]{40}(?![A-Za-z0-9])/g;
const MIN_WORD = 26;

/** Version bytes of pay-to-key and pay-to-script addresses; all others with a valid checksum are other coins'. */
const BITCOIN_VERSIONS = new Set([0x00, 0x05, 0x6f, 0xc4]);

/** Addresses of wallets. */
export const cryptoAddress: Detector = {
  name: 'crypto-address',
  description: 'Bitcoin, Litecoin, Dogecoin, Tron and Dash addresses with a valid checksum, Ethereum addresses',
  kinds: ['bitcoin-address', 'ethereum-address', 'crypto-address'],
  context: /\b(?:wallet|bitcoin|btc|ethereum|eth|crypto|address)\b/,
  mayFind: (features) => features.word >= MIN_WORD - 12,
  find: findAddresses,
};

function findAddresses({ text, features }: Probe): readonly Finding[] {
  return [
    ...(features.word >= MIN_WORD ? findBase58(text) : []),
    ...matches(text, BECH32).flatMap((match) =>
      found(match, passesBech32(match[0]) ? (/^ltc/i.test(match[0]) ? 'crypto-address' : 'bitcoin-address') : undefined),
    ),
    ...(features.word >= 42 ? matches(text, HEX).flatMap((match) => found(match, 'ethereum-address')) : []),
  ];
}

function found(match: RegExpExecArray, kind: string | undefined): readonly Finding[] {
  return kind === undefined ? [] : [{ start: match.index, end: match.index + match[0].length, detector: 'crypto-address', kind, score: 0.9 }];
}

const findBase58 = (text: string): readonly Finding[] => matches(text, BASE58).flatMap((match) => found(match, kindOf(match[0])));

function kindOf(address: string): string | undefined {
  const version = versionOf(address);
  if (version === undefined) return undefined;
  return BITCOIN_VERSIONS.has(version) ? 'bitcoin-address' : 'crypto-address';
}

const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
const LENGTH = 25;

/** First byte of a Base58Check text of 25 bytes whose last four are the beginning of the double SHA-256 of the others. */
function versionOf(address: string): number | undefined {
  let value = 0n;
  for (const character of address) value = value * 58n + BigInt(ALPHABET.indexOf(character));
  const hex = value.toString(16).padStart(LENGTH * 2, '0');
  if (hex.length !== LENGTH * 2) return undefined;
  const bytes = Buffer.from(hex, 'hex');
  const digest = sha256(sha256(bytes.subarray(0, LENGTH - 4)));
  return digest.subarray(0, 4).equals(bytes.subarray(LENGTH - 4)) ? bytes[0] : undefined;
}

const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();

const CHARSET = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
const GENERATOR = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];
/** What is left over by BIP 173 and by BIP 350. */
const BECH32_CONSTANTS = new Set([1, 0x2bc830a3]);

function passesBech32(address: string): boolean {
  const lower = address.toLowerCase();
  const at = lower.lastIndexOf('1');
  const prefix = [...lower.slice(0, at)].map((character) => character.charCodeAt(0));
  const values = [
    ...prefix.map((code) => code >> 5),
    0,
    ...prefix.map((code) => code & 31),
    ...[...lower.slice(at + 1)].map((character) => CHARSET.indexOf(character)),
  ];
  return BECH32_CONSTANTS.has(values.reduce(polymod, 1));
}

function polymod(checksum: number, value: number): number {
  const top = checksum >>> 25;
  return GENERATOR.reduce((sum, generator, bit) => sum ^ ((top >> bit) & 1 ? generator : 0), ((checksum & 0x1ffffff) << 5) ^ value);
}
