import { Hono, type Context } from 'hono';
import { eventSubject, makeEvent } from '../../core/event.ts';
import { sameText } from '../../identity/same-text.ts';
import type { Authorization } from '../../identity/oauth/authorizations.ts';
import { mayConnect } from '../../identity/oauth/command-line.ts';
import type { DeviceRequest } from '../../identity/oauth/devices.ts';
import { redirectSource } from '../../identity/oauth/redirects.ts';
import { INTERACTION, ROUTES } from '../../identity/oauth/routes.ts';
import type { OAuthServer } from '../../identity/oauth/server.ts';
import { readForm } from '../body.ts';
import { signedInByCookie } from '../caller.ts';
import { clientOf } from '../client.ts';
import type { ApiDeps, ApiEnv, Caller } from '../deps.ts';
import { pagePolicy } from '../guard.ts';
import { RateLimit } from '../rate-limit.ts';
import { messagePage } from '../html-page.ts';
import { consentPage, deviceConsentPage, devicePage, strangerPage } from './page.ts';
import { consentSchema, deviceSchema } from './schema.ts';

const GONE = 'This request is over, or was begun in another browser. Start again in your client.';

/**
 * What people see of the OAuth server: who asks, for what, and where the answer goes. A page is for the browser that began the
 * authorization, and an answer is of whoever is signed in at that moment; neither an address nor a cookie alone is enough.
 */
export function oauthPages(deps: ApiDeps, oauth: OAuthServer): Hono<ApiEnv> {
  const { now = Date.now } = deps;
  const codes = new RateLimit({ burst: 10, perMinute: 5, now });

  return new Hono<ApiEnv>()
    .use('/oauth/*', async (c, next) => {
      await next();
      // The forms are sent by these pages, and a browser says so only if it may name them to themselves.
      c.header('referrer-policy', 'same-origin');
    })
    .get(`${INTERACTION}/:id`, (c) =>
      asked(c, async (authorization) => {
        const caller = await signedInByCookie(deps, c);
        if (!caller) return c.req.query('continue') === undefined ? c.html(strangerPage(authorization, '?continue=yes')) : signIn(c);
        if (!mayReach(caller, authorization.target)) return goOn(c, await oauth.authorizations.refuse(c.env.incoming, c.env.outgoing, 'out-of-reach'));
        const question = { ...authorization, clientId: authorization.client.id, subject: caller.subject };
        if (await oauth.consents.has(question)) return goOn(c, await oauth.authorizations.allow(c.env.incoming, c.env.outgoing, question));
        c.header('content-security-policy', pagePolicy(redirectSource(authorization.redirectUri)));
        return c.html(consentPage(authorization, shown(caller)));
      }),
    )
    .post(`${INTERACTION}/:id`, (c) => asked(c, (authorization) => answered(c, authorization)))
    .get(ROUTES.code_verification, async (c) => {
      const caller = await signedInByCookie(deps, c);
      return caller ? c.html(devicePage(shown(caller))) : signIn(c);
    })
    .post(ROUTES.code_verification, (c) => device(c));

  async function asked(c: Context<ApiEnv>, act: (authorization: Authorization) => Promise<Response>): Promise<Response> {
    const authorization = await oauth.authorizations.find(c.env.incoming, c.env.outgoing, c.req.param('id') ?? '');
    return authorization ? act(authorization) : c.html(messagePage('Nothing to answer', GONE), 400);
  }

  async function answered(c: Context<ApiEnv>, authorization: Authorization): Promise<Response> {
    const { csrf, answer } = await readForm(c, consentSchema);
    const caller = await signedInByCookie(deps, c);
    if (!caller || !sameText(csrf, caller.csrf))
      return c.html(messagePage('Nothing was answered', 'You are not, or no longer, the one who was asked. Go back and reload the page.'), 403);
    if (answer === 'deny') return goOn(c, await oauth.authorizations.refuse(c.env.incoming, c.env.outgoing, 'denied'));
    if (!mayReach(caller, authorization.target)) return goOn(c, await oauth.authorizations.refuse(c.env.incoming, c.env.outgoing, 'out-of-reach'));
    const question = { ...authorization, clientId: authorization.client.id, subject: caller.subject };
    await record(c, caller, question.clientId, authorization.target, authorization.redirectUri);
    await oauth.consents.give(question);
    c.header('content-security-policy', pagePolicy(redirectSource(authorization.redirectUri)));
    return goOn(c, await oauth.authorizations.allow(c.env.incoming, c.env.outgoing, question));
  }

  async function device(c: Context<ApiEnv>): Promise<Response> {
    const { csrf, code, answer } = await readForm(c, deviceSchema);
    const caller = await signedInByCookie(deps, c);
    if (!caller || !sameText(csrf, caller.csrf))
      return c.html(messagePage('Nothing was answered', 'You are not, or no longer, signed in. Go back and reload the page.'), 403);
    if (!codes.take(caller.signIn)) return c.html(devicePage(shown(caller), 'Too many codes: wait a minute.'), 429);
    const request = await oauth.devices.find(code);
    if (!request || !mayReach(caller, request.target)) return c.html(devicePage(shown(caller), 'No such code, or it is over. Look at the device again.'), 400);
    if (answer === undefined) return c.html(deviceConsentPage(request, shown(caller)));
    return c.html(await answerDevice(c, caller, request, answer));
  }

  async function answerDevice(c: Context<ApiEnv>, caller: Caller, request: DeviceRequest, answer: 'allow' | 'deny'): Promise<string> {
    if (answer === 'allow') await record(c, caller, request.client.id, request.target, 'a device');
    const done = answer === 'allow' ? await oauth.devices.allow(request, caller.subject) : await oauth.devices.refuse(request);
    if (!done) return messagePage('Nothing was answered', 'The code is over. Start again on the device.');
    return answer === 'allow'
      ? messagePage('The device is connected', 'It goes on by itself. You can close this page.')
      : messagePage('The device was refused', 'It gets nothing. You can close this page.');
  }

  /** A target that does not exist is like one that is out of reach. */
  function mayReach({ subject }: Caller, target: string): boolean {
    return mayConnect(subject, target, (one, name) => deps.snapshot().mayReach(one, name));
  }

  /** What was agreed to is on record before it has effect. */
  async function record(c: Context<ApiEnv>, { subject }: Caller, clientId: string, target: string, where: string): Promise<void> {
    const parts = { subject: eventSubject(subject), target, client: clientOf(c, clientId) };
    await deps.recorder.append(makeEvent('consent.given', { ...parts, note: `answers go to ${where}` }));
  }
}

const shown = ({ subject, csrf }: Caller) => ({ person: subject.name, csrf });

/** Over the console, which knows every way to sign in, and back to this very page. */
const signIn = (c: Context<ApiEnv>): Response => c.redirect(`/continue?to=${encodeURIComponent(c.req.path)}`, 303);

const goOn = (c: Context<ApiEnv>, to: string): Response => c.redirect(to, 303);
