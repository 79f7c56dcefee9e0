import { Hono } from 'hono';
import { eventSubject, makeEvent } from '../../core/event.ts';
import type { Authenticator } from '../../identity/authenticate.ts';
import { headerValues } from '../../identity/bearer.ts';
import { COMMAND_LINE } from '../../identity/oauth/command-line.ts';
import { OWN_API } from '../../identity/audience.ts';
import { isAuthenticated } from '../../identity/outcome.ts';
import { readBody } from '../body.ts';
import { clientOf } from '../client.ts';
import type { ApiDeps, ApiEnv, Doors } from '../deps.ts';
import { RateLimit } from '../rate-limit.ts';
import { refuse } from '../refusal.ts';
import { presentSubject } from '../subject-view.ts';
import { exchangeSchema } from './schema.ts';

/**
 * The end of a sign-in on the command line: what a person let it have in a browser becomes a sign-in, once. Tokens of other clients,
 * and of targets, sign in to nothing.
 */
export function exchangeRoutes(deps: ApiDeps, authenticator: Authenticator, { spend }: Pick<Doors, 'spend'>): Hono<ApiEnv> {
  const { signIns, recorder, locks, now = Date.now } = deps;
  const limit = new RateLimit({ burst: 30, perMinute: 30, now });
  return new Hono<ApiEnv>().post('/sign-in/exchange', async (c) => {
    await readBody(c, exchangeSchema);
    const client = clientOf(c, 'cli');
    if (!limit.take(client.address)) return refuse(c, 429, 'limit_exceeded', 'too many attempts', 'wait a minute before you try again');
    const outcome = await authenticator.authenticate(headerValues(c.env.incoming.rawHeaders, 'authorization'), OWN_API);
    const fits = isAuthenticated(outcome) && outcome.clientId === COMMAND_LINE && outcome.subject.kind === 'person' && !outcome.subject.onBehalfOf;
    if (!fits || locks?.find({ subject: outcome.subject }) || !(await spend(`command line ${outcome.tokenHash}`))) {
      await recorder.append(makeEvent('signin.failed', { client, note: 'a token that does not sign in' }));
      return refuse(c, 401, 'unauthenticated', 'this token does not sign in', 'sallyport login');
    }
    const { subject } = outcome;
    await recorder.append(makeEvent('signin.succeeded', { client, subject: eventSubject(subject) }));
    const started = await signIns.start(subject);
    return c.json({ subject: presentSubject(started.subject), token: started.secret });
  });
}
