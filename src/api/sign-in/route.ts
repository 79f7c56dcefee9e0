import { Hono, type Context } from 'hono';
import { eventSubject, makeEvent } from '../../core/event.ts';
import type { Subject } from '../../core/subject.ts';
import { readBody } from '../body.ts';
import { requireCaller } from '../caller.ts';
import { clientOf } from '../client.ts';
import { signInCookie } from '../cookie.ts';
import type { ApiDeps, ApiEnv } from '../deps.ts';
import { RateLimit } from '../rate-limit.ts';
import { notFound } from '../refusal.ts';
import { presentSubject } from '../subject-view.ts';
import { refuseSignIn, type SignInAttempt } from './attempt.ts';
import { presentSignedIn } from './presenter.ts';
import { passkeyUseSchema, signInSchema, signOutSchema } from './schema.ts';

/** Sign-in, sign-out, and who is signed in. */
export function signInRoutes(deps: ApiDeps, attempt: SignInAttempt): Hono<ApiEnv> {
  const { signIns, recorder, locks, passkeys, url, now = Date.now } = deps;
  const cookie = signInCookie(url);
  const passkeyUses = new RateLimit({ burst: 60, perMinute: 60, now });

  return new Hono<ApiEnv>()
    .post('/sign-in', async (c) => {
      const { name, password, client } = await readBody(c, signInSchema);
      const result = await attempt(c, { name, password }, client ?? 'console');
      if (result.kind === 'second' && passkeys && !client) return c.json({ passkey: await passkeys.beginUse(result.subject.id) });
      if (result.kind !== 'ok') return refuseSignIn(c, result.kind);
      if (!client) return enter(c, result.subject);
      const started = await signIns.start(result.subject);
      return c.json({ subject: presentSubject(started.subject), token: started.secret });
    })
    .post('/sign-in/passkey', async (c) => {
      const answer = await readBody(c, passkeyUseSchema);
      if (!passkeys) return notFound(c);
      const who = { client: clientOf(c, 'console') };
      // Who guesses fills no disk.
      if (!passkeyUses.take(who.client.address)) return refuseSignIn(c, 'limited');
      const account = await passkeys.use(answer).catch(async (error: unknown) => {
        await recorder.append(makeEvent('signin.failed', { ...who, note: 'the passkey did not hold' }));
        throw error;
      });
      const subject = await deps.accounts.find(account);
      if (!subject || locks?.find({ subject })) return refuseSignIn(c, 'refused');
      await recorder.append(makeEvent('signin.succeeded', { ...who, subject: eventSubject(subject), note: 'with a passkey' }));
      passkeyUses.giveBack(who.client.address);
      return enter(c, subject);
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

  async function enter(c: Context<ApiEnv>, subject: Subject): Promise<Response> {
    // A new secret always, and the end of the browser's old one: no sign-in can be planted beforehand.
    const started = await signIns.start(subject, { previous: cookie.read(c.req.header('cookie')) });
    c.header('set-cookie', cookie.set(started.secret, Math.floor((started.expiresAt - now()) / 1000)));
    return c.json(presentSignedIn(started, deps));
  }
}
