import { z } from 'zod';
import { SallyportError } from '../../core/error.ts';
import { readSmallJson } from './small-json.ts';

/** The gateway's OAuth server, as it describes itself. */
export interface AuthorizationServer {
  readonly issuer: string;
  readonly authorizationEndpoint: string;
  readonly tokenEndpoint: string;
  readonly deviceEndpoint: string;
}

const schema = z.object({ issuer: z.string(), authorization_endpoint: z.url(), token_endpoint: z.url(), device_authorization_endpoint: z.url() });

/** Undefined where the gateway has none. Throws where it is another gateway than the one that was named. */
export async function findServer(gateway: string): Promise<AuthorizationServer | undefined> {
  const { status, body } = await readSmallJson(`${gateway}/.well-known/oauth-authorization-server`, {});
  if (status === 404) return undefined;
  const parsed = schema.safeParse(body);
  if (status !== 200 || !parsed.success)
    throw new SallyportError('upstream_invalid', `${gateway} answered with status ${status}, not as a gateway does`, { hint: 'check the address' });
  const { issuer, authorization_endpoint: authorizationEndpoint, token_endpoint: tokenEndpoint, device_authorization_endpoint: deviceEndpoint } = parsed.data;
  if (issuer !== gateway)
    throw new SallyportError('usage', `this gateway calls itself ${issuer}, and not ${gateway}`, { hint: `sallyport login --gateway ${issuer}` });
  const elsewhere = [authorizationEndpoint, tokenEndpoint, deviceEndpoint].find((each) => new URL(each).origin !== new URL(gateway).origin);
  if (elsewhere !== undefined) throw new SallyportError('upstream_invalid', `${gateway} sends its sign-in elsewhere: ${elsewhere}`);
  return { issuer, authorizationEndpoint, tokenEndpoint, deviceEndpoint };
}
