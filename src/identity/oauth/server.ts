/**
 * The OAuth 2.1 server for MCP clients: it lets people connect a client to one target, in a browser or by a code on a device, and
 * exchanges what machines bring for tokens. It holds no users: who is signed in, who may reach what and what was ended is asked of
 * the rest of the gateway. Mounted by `src/api/oauth/`, which has the pages; wired by the gateway.
 *
 * To add a way to get a token (a CI's own token, an ID-JAG, client credentials), write a `TokenGrant` (`grants.ts`) and hand it to
 * `addGrant` before the gateway listens. Its handler gets the form's parameters, the target that `resource` names, and the
 * client that proved who it is (or none). It says subject, target and lifetime, or a refusal. The server does the rest: form and size,
 * duplicates, client authentication, whether the policy lets the subject reach the target, the event `token.issued` or `token.refused`,
 * minting (bound to the key of a DPoP proof, if one was sent), and metadata. Clients that authenticate are configured:
 * `OAuthServerOptions.clients` gives their description (RFC 7591) by id, with the grant among its `grant_types`.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { errors, type AdapterPayload, type KoaContextWithOIDC } from 'oidc-provider';
import { makeEvent } from '../../core/event.ts';
import type { Storage } from '../../storage/storage.ts';
import { openAuthorizations, type Authorizations } from './authorizations.ts';
import { openConsents, type Consents } from './consents.ts';
import { openDevices, type Devices } from './devices.ts';
import { documentFetcher } from './fetch-document.ts';
import { grantSeam } from './grant-seam.ts';
import type { TokenGrant } from './grants.ts';
import { clientLine } from './issue.ts';
import { createProvider, type ProviderOptions } from './provider.ts';
import { openRecords } from './records.ts';
import { describeDevice, describeServer, readableRequest } from './requests.ts';
import { revokeOwnToken } from './revoke-token.ts';

export interface OAuthServerOptions extends Omit<ProviderOptions, 'records' | 'fetchDocument'> {
  readonly storage: Storage;
  /** Ends at once what was issued through a grant, in every process. */
  readonly endGrant: (grantId: string) => Promise<void>;
  /** Configured clients, by id. */
  readonly clients?: (clientId: string) => Promise<AdapterPayload | undefined> | AdapterPayload | undefined;
  readonly fetchDocument?: ProviderOptions['fetchDocument'];
  readonly now?: () => number;
}

export interface OAuthServer {
  /** Answers a request to one of `ROUTES` or `DISCOVERY` that is no page. `address` is where it comes from. */
  handle(request: IncomingMessage, response: ServerResponse, address: string): Promise<void>;
  /** Adds a way to get a token; see above. */
  addGrant(grant: TokenGrant): void;
  readonly authorizations: Authorizations;
  readonly devices: Devices;
  readonly consents: Consents;
}

export function createOAuthServer(options: OAuthServerOptions): OAuthServer {
  const { url, storage, now = Date.now, recorder, report, clients = () => undefined, endGrant } = options;
  const records = openRecords({ storage, now, onGrantEnded: endGrant, configured: clients });
  const provider = createProvider({ ...options, records, fetchDocument: options.fetchDocument ?? documentFetcher() });
  const grants = grantSeam(provider, { ...options, now });

  provider.use(async (given, next) => {
    // Its `oidc` is there once the provider has found a route; nothing here asks for it before.
    const ctx = given as KoaContextWithOIDC;
    try {
      const form = await readableRequest(ctx, url);
      if (form && (await grants.answer(ctx, form))) return;
      await next();
      await revokeOwnToken(ctx, options, records);
      describeServer(ctx);
      describeDevice(ctx);
    } catch (error) {
      if (!(error instanceof errors.OIDCProviderError)) throw error;
      ctx.status = error.statusCode;
      ctx.body = { error: error.error, ...(error.error_description ? { error_description: error.error_description } : {}) };
      await recordRefusal(ctx, error);
    }
  });
  // Listeners cannot be waited for: a refusal gives nothing away that its record would have to come before.
  const refused = (ctx: KoaContextWithOIDC, error: errors.OIDCProviderError): void => void recordRefusal(ctx, error).catch(report);
  provider.on('grant.error', refused);
  provider.on('authorization.error', refused);
  provider.on('device_authorization.error', refused);
  provider.on('registration_create.error', refused);
  provider.on('pushed_authorization_request.error', refused);
  provider.on('grant.success', (ctx) => void records.clientUsed(ctx.oidc.client?.clientId ?? '').catch(report));

  async function recordRefusal(ctx: KoaContextWithOIDC, error: errors.OIDCProviderError): Promise<void> {
    const said = [error.error_description, error.error_detail].filter((text) => text !== undefined);
    const note = `${error.error}: ${[...new Set(said)].join(': ')}`.slice(0, 600);
    await recorder.append(makeEvent('token.refused', { protocol: 'oauth', client: clientLine(ctx, ctx.oidc?.client?.clientId ?? ''), note }));
  }

  const callback = provider.callback();
  return {
    async handle(request, response, address) {
      presentAs(request, url, address);
      await callback(request, response);
    },
    addGrant: grants.add,
    authorizations: openAuthorizations(provider, url),
    devices: openDevices(provider, url),
    consents: openConsents(storage, now),
  };
}

/** The server speaks of itself by the gateway's URL, whatever name a client used and whatever stands in front of it, and of a client by the address that the gateway found. */
function presentAs(request: IncomingMessage, url: string, address: string): void {
  const { protocol, host } = new URL(url);
  for (const name of Object.keys(request.headers)) if (name.startsWith('x-forwarded-')) delete request.headers[name];
  request.headers['x-forwarded-proto'] = protocol.slice(0, -1);
  request.headers['x-forwarded-host'] = host;
  request.headers['x-forwarded-for'] = address;
}
