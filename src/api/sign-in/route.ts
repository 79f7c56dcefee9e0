import { Hono } from 'hono';
import { eventSubject, makeEvent } from '../../core/event.ts';
import { readBody } from '../body.ts';
import { requireCaller } from '../caller.ts';
import { clientOf } from '../client.ts';
import { signInCookie } from '../cookie.ts';
import type { ApiDeps, ApiEnv } from '../deps.ts';
import { presentSubject } from '../subject-view.ts';
import { refuseSignIn, type SignInAttempt } from './attempt.ts';
import { presentSignedIn } from './presenter.ts';
import { signInSchema, signOutSchema } from './schema.ts';

/** Sign-in, sign-out, and who is signed in. */
export function signInRoutes(deps: ApiDeps, attempt: SignInAttempt): Hono<ApiEnv> {
  const { signIns, recorder, url, now = Date.now } = deps;
  const cookie = signInCookie(url);

  return new Hono<ApiEnv>()
    .post('/sign-in', async (c) => {
      const { name, password, client } = await readBody(c, signInSchema);
      const result = await attempt(c, { name, password }, client ?? 'console');
      if (result.kind !== 'ok') return refuseSignIn(c, result.kind);
      // A new secret always, and the end of the browser's old one: no sign-in can be planted beforehand.
      const started = await signIns.start(result.subject, client ? {} : { previous: cookie.read(c.req.header('cookie')) });
      if (client) return c.json({ subject: presentSubject(started.subject), token: started.secret });
      c.header('set-cookie', cookie.set(started.secret, Math.floor((started.expiresAt - now()) / 1000)));
      return c.json(presentSignedIn(started, deps));
    })
    .post('/sign-out', requireCaller(deps), async (c) => {
      const { everywhere } = await readBody(c, signOutSchema);
      const { secret, subject } = c.get('caller');
      if (everywhere) await signIns.endWhere(subject);
      await signIns.end(secret);
      await recorder.append(makeEvent('signin.ended', { subject: eventSubject(subject), client: clientOf(c, 'console') }));
      c.header('set-cookie', cookie.clear());
      return c.json({});
    })
    .get('/me', requireCaller(deps), (c) => c.json(presentSignedIn(c.get('caller'), deps)));
}
