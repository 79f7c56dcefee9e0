import type { IncomingMessage, ServerResponse } from 'node:http';
import type Provider from 'oidc-provider';
import { errors } from 'oidc-provider';
import type { Subject } from '../../core/subject.ts';
import { NO_TARGET } from './issue.ts';
import type { ConsentQuestion } from './consents.ts';
import { resourceTarget } from './resources.ts';
import { writeSubjectId } from './subject-id.ts';

/** What a client asks for in a browser, before anybody answered. */
export interface Authorization {
  readonly id: string;
  readonly client: ClientView;
  readonly redirectUri: string;
  readonly target: string;
  readonly scope: string;
}

/** A client as a person is shown it. */
export interface ClientView {
  readonly id: string;
  /** What it calls itself; believed by nobody. */
  readonly name: string | undefined;
  /** The host that vouches for it: of the document that its id leads to. Absent: nobody does, it registered itself or is configured. */
  readonly host: string | undefined;
}

/** The authorizations under way, for the page that asks about them. */
export interface Authorizations {
  /** The one that this browser began: by its cookie, and not by its URL. Undefined where there is none, or it expired. */
  find(request: IncomingMessage, response: ServerResponse, id: string): Promise<Authorization | undefined>;
  /** Lets the client have what it asked for; gives where the browser goes on. */
  allow(request: IncomingMessage, response: ServerResponse, question: ConsentQuestion): Promise<string>;
  refuse(request: IncomingMessage, response: ServerResponse, why: 'denied' | 'out-of-reach'): Promise<string>;
}

const REFUSED = {
  denied: { error: 'access_denied', error_description: 'the person said no' },
  'out-of-reach': { error: 'invalid_target', error_description: NO_TARGET },
} as const;

export function openAuthorizations(provider: Provider, url: string): Authorizations {
  return {
    async find(request, response, id) {
      const interaction = await detailsOf(provider, request, response);
      if (interaction?.uid !== id) return undefined;
      const { client_id: clientId, redirect_uri: redirectUri, resource, scope } = interaction.params;
      const target = typeof resource === 'string' ? resourceTarget(resource, url) : undefined;
      const client = typeof clientId === 'string' ? await clientView(provider, clientId) : undefined;
      if (!client || target === undefined || typeof redirectUri !== 'string' || typeof scope !== 'string') return undefined;
      return { id, client, redirectUri, target, scope };
    },
    async allow(request, response, question) {
      const grantId = await makeGrant(provider, question, url);
      return provider.interactionResult(request, response, { login: { accountId: writeSubjectId(question.subject), remember: false }, consent: { grantId } });
    },
    refuse: (request, response, why) => provider.interactionResult(request, response, REFUSED[why]),
  };
}

async function detailsOf(provider: Provider, request: IncomingMessage, response: ServerResponse) {
  try {
    return await provider.interactionDetails(request, response);
  } catch (error) {
    if (error instanceof errors.SessionNotFound) return undefined;
    throw error;
  }
}

/** A grant holds one subject, one client, one target and the scope that was asked for. */
export async function makeGrant(
  provider: Provider,
  question: Pick<ConsentQuestion, 'clientId' | 'target' | 'scope'> & { readonly subject: Subject },
  url: string,
) {
  const grant = new provider.Grant({ accountId: writeSubjectId(question.subject), clientId: question.clientId });
  grant.addOIDCScope(question.scope);
  grant.addResourceScope(`${url}/mcp/${question.target}`, question.scope);
  return grant.save();
}

export async function clientView(provider: Provider, id: string): Promise<ClientView | undefined> {
  const client = await provider.Client.find(id);
  if (!client) return undefined;
  return { id: client.clientId, name: client.clientName, host: /^https:\/\//i.test(id) ? new URL(id).host : undefined };
}
