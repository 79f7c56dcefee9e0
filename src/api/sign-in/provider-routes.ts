import { Hono, type Context } from 'hono';
import { isSallyportError, SallyportError } from '../../core/error.ts';
import { makeEvent } from '../../core/event.ts';
import { emailDomain } from '../../identity/email-domain.ts';
import type { RedirectProvider } from '../../identity/sign-in-provider.ts';
import { readForm } from '../body.ts';
import { clientOf } from '../client.ts';
import type { ApiDeps, ApiEnv, Doors } from '../deps.ts';
import { RateLimit } from '../rate-limit.ts';
import { notFound, refuseError, statusOf } from '../refusal.ts';
import { createArrive } from './arrive.ts';
import { PENDING_MS, pendingCookies } from './pending.ts';
import { signInProblem } from './problem-page.ts';
import { returnPath } from './return-to.ts';
import { logoutSchema } from './schema.ts';

/**
 * `/sign-in/<provider>/...`: away to the provider and back. Pages here work without script, and say what was wrong without what
 * was sent. That a callback belongs to this browser, this provider and this attempt is checked before the provider is asked anything.
 */
export function providerRoutes(deps: ApiDeps, doors: Doors): Hono<ApiEnv> {
  const { url, recorder, now = Date.now, report = () => {} } = deps;
  const cookies = pendingCookies({ url, key: doors.key, now });
  const arrive = createArrive(deps, doors);
  const limit = new RateLimit({ burst: 60, perMinute: 60, now });
  const baseOf = (name: string): string => `${url}/sign-in/${name}`;
  const find = (c: Context<ApiEnv>) => doors.providers.find(({ name }) => name === c.req.param('provider'));

  return new Hono<ApiEnv>()
    .get('/sign-in/:provider/start', (c) =>
      told(c, async () => {
        const provider = find(c);
        if (!provider) return notFound(c);
        const email = c.req.query('email');
        const hint = email !== undefined && emailDomain(email) !== undefined ? email : undefined;
        const { url: away, state, kept } = await provider.begin({ base: baseOf(provider.name), email: hint });
        const pending = { provider: provider.name, state, kept, returnTo: returnPath(c.req.query('return_to'), url), endsAt: now() + PENDING_MS };
        for (const each of cookies.set(pending, c.req.header('cookie'))) c.header('set-cookie', each, { append: true });
        return c.redirect(away, 303);
      }),
    )
    .get('/sign-in/:provider/callback', (c) =>
      told(c, async () => {
        const provider = find(c);
        if (!provider || !('finish' in provider)) return notFound(c);
        const state = c.req.query('state') ?? '';
        const pending = cookies.read(state, c.req.header('cookie'));
        // Each attempt is finished once, whatever the provider thinks of a code that comes again.
        if (pending?.provider !== provider.name || !(await doors.spend(`sign-in ${state}`))) throw notStartedHere();
        c.header('set-cookie', cookies.clear(state), { append: true });
        const profile = await finish(c, provider, pending);
        return arrive(c, profile, pending.returnTo);
      }),
    )
    .post('/sign-in/:provider/back-channel-logout', async (c) => {
      const provider = find(c);
      if (!provider || !('finish' in provider) || !provider.readLogout) return notFound(c);
      try {
        await backChannelLogout(c, provider.readLogout.bind(provider));
        return c.body(null, 200);
      } catch (error) {
        // OpenID Connect Back-Channel Logout 1.0, 2.8: what is not accepted is a bad request.
        return statusOf(error) >= 500 ? refuseError(c, error, report) : c.json({ error: 'invalid_request' }, 400);
      }
    });

  async function finish(c: Context<ApiEnv>, provider: RedirectProvider, pending: Parameters<RedirectProvider['finish']>[1]) {
    const callback = new URL(`${baseOf(provider.name)}/callback`);
    callback.search = new URL(c.req.url).search;
    try {
      return await provider.finish(callback, pending);
    } catch (error) {
      const note = isSallyportError(error) ? `${provider.name}: ${error.message}` : provider.name;
      await recorder.append(makeEvent('signin.failed', { client: clientOf(c, 'console'), note }));
      throw error;
    }
  }

  async function backChannelLogout(c: Context<ApiEnv>, readLogout: NonNullable<RedirectProvider['readLogout']>): Promise<void> {
    if (!limit.take(clientOf(c, '').address)) throw new SallyportError('limit_exceeded', 'too many requests');
    const { logout_token: token } = await readForm(c, logoutSchema);
    const { issuer, id, subject, providerSession } = await readLogout(token);
    if (!(await doors.spend(`logout ${issuer} ${id}`))) throw new SallyportError('unauthenticated', 'the logout token was used before');
    const count = await deps.signIns.endWhere({
      issuer,
      ...(subject === undefined ? {} : { id: subject }),
      ...(providerSession === undefined ? {} : { providerSession }),
    });
    if (count > 0) await recorder.append(makeEvent('signin.ended', { client: clientOf(c, 'provider'), note: `${count} ended by ${issuer}` }));
  }

  async function told(c: Context<ApiEnv>, act: () => Promise<Response>): Promise<Response> {
    const { address } = clientOf(c, '');
    try {
      if (!limit.take(address)) throw new SallyportError('limit_exceeded', 'too many attempts', { hint: 'wait a minute' });
      const reply = await act();
      // What goes well does not count: a whole company may come from one address.
      if (reply.status < 400) limit.giveBack(address);
      return reply;
    } catch (error) {
      return signInProblem(c, error, report);
    }
  }
}

const notStartedHere = (): SallyportError =>
  new SallyportError('unauthenticated', 'this sign-in was not begun in this browser, has been used, or is older than ten minutes');
