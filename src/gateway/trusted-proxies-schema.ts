import { isIP } from 'node:net';
import { z } from 'zod';

/** Undefined for what is no subnet. An address alone is a subnet of one. */
function subnetOf(text: string): string | undefined {
  const [, address = '', prefix] = /^([^/%]{1,45})(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const version = isIP(address);
  const bits = version === 4 ? 32 : 128;
  const length = Number(prefix ?? bits);
  return version === 0 || length > bits ? undefined : `${address}/${length}`;
}

const subnet = z
  .string()
  .refine((text) => subnetOf(text) !== undefined, { error: 'not a subnet', params: { fix: 'write an address and the length of its prefix: 10.0.0.0/24' } })
  .refine((text) => !/\/0+$/.test(text), {
    error: 'everybody would be a trusted proxy, and could say any address to be theirs',
    params: { fix: 'write the addresses of your proxies only' },
  })
  .transform((text) => subnetOf(text) ?? text);

/** Whose `X-Forwarded-For` counts. */
export const trustedProxiesSchema = z
  .array(subnet)
  .max(100)
  .default([])
  .describe(
    'Subnets (`10.0.0.0/24`, or one address) of the proxies in front of the HTTP listener. From them alone `X-Forwarded-For` is read, from the right: rate limits and the record then go by the client behind them, not by the proxy.',
  );
