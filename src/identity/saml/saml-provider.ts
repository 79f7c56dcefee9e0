/**
 * Sign-in by SAML 2.0 (web browser profile): a request by redirect or POST, a reply by POST. A reply becomes a profile, or is refused;
 * this folder knows nothing of cookies, pages or the directory.
 */
import { randomBytes } from 'node:crypto';
import { SallyportError } from '../../core/error.ts';
import type { BeginAsk, Begun, RedirectProvider } from '../sign-in-provider.ts';
import type { FirstUse } from '../workloads/replay.ts';
import type { SamlAnswers } from './answers.ts';
import { readProfile } from './attributes.ts';
import { postField, redirectAddress, requestId } from './authn-request.ts';
import { KnownProvider, type ReadProvider } from './known-provider.ts';
import { ownMetadata } from './own-metadata.ts';
import type { SamlProvider } from './provider-metadata.ts';
import { decodeResponse, readResponse } from './read-response.ts';
import { refused, UNVERIFIED } from './refused.ts';
import type { SamlSettings } from './settings.ts';
import { xmlCrypto } from './xml-crypto.ts';

export interface SamlSignIn extends RedirectProvider {
  /** XML, for the provider. */
  metadata(base: string): string;
  /** What its page posted. Resolves to the state whose browser may come for the answer, or `unsolicited` where a sign-in is to begin. Throws `unauthenticated`. */
  receive(reply: SamlReply, base: string): Promise<{ readonly state: string } | 'unsolicited'>;
  /** The form that takes the request of an attempt to the provider, where it is sent by POST. */
  requestForm(state: string, base: string): Promise<RequestForm>;
}

export interface SamlReply {
  readonly response: string;
  readonly relayState: string | undefined;
}

export interface RequestForm {
  readonly action: string;
  readonly fields: Readonly<Record<'SAMLRequest' | 'RelayState', string>>;
}

export interface SamlProviderOptions {
  readonly name: string;
  readonly title: string;
  readonly domains: readonly string[];
  readonly settings: SamlSettings;
  readonly read: ReadProvider;
  readonly answers: SamlAnswers;
  readonly firstUse: FirstUse;
  readonly report?: (error: unknown) => void;
  readonly now?: () => number;
}

const STATE = /^[A-Za-z0-9_-]{43}$/;

export function createSamlProvider({
  name,
  title,
  domains,
  settings,
  read,
  answers,
  firstUse,
  report = () => {},
  now = Date.now,
}: SamlProviderOptions): SamlSignIn {
  const known = new KnownProvider({ read, now, report });
  const placesOf = (base: string) => ({ entityId: settings.audience ?? `${base}/metadata`, acs: `${base}/acs` });

  async function requestParts(state: string, base: string, binding: 'redirect' | 'post') {
    const destination = (await known.get()).signOn[binding];
    if (destination === undefined)
      throw new SallyportError('upstream_invalid', `the provider takes no requests by ${binding}`, { hint: 'configure the other binding' });
    return { id: requestId(state), now: now(), destination, ...placesOf(base) };
  }

  /** With the certificates that are known, and once more where the provider may have new ones. */
  async function verified(text: string, base: string, state: string) {
    const { entityId, acs } = placesOf(base);
    const expected = { issuer: settings.entityId, audience: entityId, recipient: acs, request: requestId(state), now: now() };
    const using = ({ certificates }: SamlProvider) =>
      readResponse(text, { verifier: xmlCrypto, certificates, requires: settings.signed, decryption: settings.encryption.map(({ key }) => key) }, expected);
    try {
      return using(await known.get());
    } catch (error) {
      const renewed = isUnverified(error) ? await known.renewed() : undefined;
      if (!renewed) throw error;
      return using(renewed);
    }
  }

  return {
    name,
    title,
    domains,
    async begin({ base }: BeginAsk): Promise<Begun> {
      const state = randomBytes(32).toString('base64url');
      const parts = await requestParts(state, base, settings.binding);
      return { url: settings.binding === 'post' ? `${base}/request?state=${state}` : redirectAddress(parts, state, settings), state, kept: '' };
    },
    async requestForm(state, base) {
      if (!STATE.test(state) || settings.binding !== 'post') throw new SallyportError('not_found', 'there is no such request');
      const parts = await requestParts(state, base, 'post');
      return { action: parts.destination, fields: { SAMLRequest: postField(parts, settings), RelayState: state } };
    },
    metadata: (base) => ownMetadata(placesOf(base), settings),
    async receive({ response, relayState = '' }, base) {
      if (!STATE.test(relayState)) {
        if (settings.unsolicited === 'restart') return 'unsolicited';
        throw refused('nobody asked for this reply');
      }
      const { assertion, until } = await verified(decodeResponse(response), base, relayState);
      const profile = readProfile(assertion, settings.attributes);
      if (!(await firstUse(['saml', assertion.issuer, assertion.id], until))) throw refused('the assertion was used before');
      if (!(await answers.put(name, relayState, profile))) throw refused('this sign-in was answered before');
      return { state: relayState };
    },
    async finish(_callback, { state }) {
      const profile = await answers.take(name, state);
      if (!profile) throw refused('the provider has not answered, or too long ago');
      return profile;
    },
  };
}

const isUnverified = (error: unknown): boolean => error instanceof SallyportError && error.message === UNVERIFIED;
