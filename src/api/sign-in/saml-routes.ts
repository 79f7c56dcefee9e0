import { Hono, type Context } from 'hono';
import { isSallyportError, SallyportError } from '../../core/error.ts';
import { makeEvent } from '../../core/event.ts';
import type { SamlSignIn } from '../../identity/saml/saml-provider.ts';
import { readForm } from '../body.ts';
import { clientOf } from '../client.ts';
import type { ApiDeps, ApiEnv, Doors } from '../deps.ts';
import { pagePolicy } from '../guard.ts';
import { html } from '../html.ts';
import { htmlPage } from '../html-page.ts';
import { RateLimit } from '../rate-limit.ts';
import { notFound } from '../refusal.ts';
import { samlReplySchema } from './schema.ts';
import { signInProblem } from './problem-page.ts';

/** Twice what a reply may have as XML, in base64 and as a form. */
const MAX_FORM = 2 << 20;

/**
 * What SAML needs beside the way of all providers: its metadata, the page that takes a request there by POST, and the address for replies.
 * A reply comes from another site without our cookies: it is only put by for the browser that began, which then comes for it by itself.
 */
export function samlRoutes(deps: ApiDeps, doors: Doors): Hono<ApiEnv> {
  const { url, recorder, now = Date.now, report = () => {} } = deps;
  const limit = new RateLimit({ burst: 60, perMinute: 60, now });
  const baseOf = (provider: SamlSignIn): string => `${url}/sign-in/${provider.name}`;

  async function withProvider(c: Context<ApiEnv>, act: (provider: SamlSignIn) => Promise<Response>): Promise<Response> {
    const provider = doors.providers.find(({ name }) => name === c.req.param('provider'));
    if (!provider || !isSaml(provider)) return notFound(c);
    try {
      if (!limit.take(clientOf(c, '').address)) throw new SallyportError('limit_exceeded', 'too many attempts', { hint: 'wait a minute' });
      return await act(provider);
    } catch (error) {
      return signInProblem(c, error, report);
    }
  }

  async function receive(c: Context<ApiEnv>, provider: SamlSignIn): Promise<Response> {
    const { SAMLResponse: response, RelayState: relayState } = await readForm(c, samlReplySchema, MAX_FORM);
    const received = await provider.receive({ response, relayState }, baseOf(provider));
    return c.redirect(received === 'unsolicited' ? `${baseOf(provider)}/start` : `${baseOf(provider)}/callback?state=${received.state}`, 303);
  }

  return new Hono<ApiEnv>()
    .get('/sign-in/:provider/metadata', (c) =>
      withProvider(c, (provider) => Promise.resolve(c.body(provider.metadata(baseOf(provider)), 200, { 'content-type': 'application/samlmetadata+xml' }))),
    )
    .get('/sign-in/:provider/request', (c) =>
      withProvider(c, async (provider) => {
        const { action, fields } = await provider.requestForm(c.req.query('state') ?? '', baseOf(provider));
        c.header('content-security-policy', pagePolicy(new URL(action).origin));
        const inputs = Object.entries(fields).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`);
        return c.html(
          htmlPage(`Sign in with ${provider.title}`, html`<form method="post" action="${action}">${inputs}<button autofocus>Go on</button></form>`),
        );
      }),
    )
    .post('/sign-in/:provider/acs', (c) =>
      withProvider(c, async (provider) => {
        try {
          return await receive(c, provider);
        } catch (error) {
          const note = isSallyportError(error) ? `${provider.name}: ${error.message}` : provider.name;
          await recorder.append(makeEvent('signin.failed', { client: clientOf(c, 'console'), note }));
          throw error;
        }
      }),
    );
}

const isSaml = (provider: Doors['providers'][number]): provider is SamlSignIn => 'receive' in provider;
