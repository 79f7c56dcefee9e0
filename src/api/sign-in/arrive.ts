import type { Context } from 'hono';
import { isSallyportError, SallyportError } from '../../core/error.ts';
import { eventSubject, makeEvent } from '../../core/event.ts';
import type { Subject } from '../../core/subject.ts';
import { personOf, type Profile } from '../../identity/profile.ts';
import { clientOf } from '../client.ts';
import { signInCookie } from '../cookie.ts';
import type { ApiDeps, ApiEnv, Doors } from '../deps.ts';
import { html } from '../html.ts';
import { htmlPage } from '../html-page.ts';
import { returnPath } from './return-to.ts';

/** Lets in who a provider has said this is: the same for every kind of provider. */
export type Arrive = (c: Context<ApiEnv>, profile: Profile, returnTo: string) => Promise<Response>;

/** Throws `forbidden` for who was deactivated or is locked. */
export function createArrive(deps: ApiDeps, { directory }: Doors): Arrive {
  const { signIns, recorder, locks, url, now = Date.now } = deps;
  const cookie = signInCookie(url);

  async function admit(c: Context<ApiEnv>, profile: Profile): Promise<Subject> {
    try {
      const subject = await directory.signedIn(personOf(profile));
      if (locks?.find({ subject })) throw new SallyportError('forbidden', 'you cannot sign in now', { hint: 'ask an owner of the target that you need' });
      return subject;
    } catch (error) {
      // The provider vouched for them, so the record can say who was sent away.
      if (isSallyportError(error, 'forbidden'))
        await recorder.append(makeEvent('signin.failed', { client: clientOf(c, 'console'), subject: eventSubject(personOf(profile)), note: error.message }));
      throw error;
    }
  }

  return async (c, profile, returnTo) => {
    const subject = await admit(c, profile);
    await recorder.append(makeEvent('signin.succeeded', { client: clientOf(c, 'console'), subject: eventSubject(subject) }));
    // A new secret always, and the end of the browser's old one: no sign-in can be planted beforehand.
    const { providerSession } = profile;
    const started = await signIns.start(subject, { previous: cookie.read(c.req.header('cookie')), providerSession });
    c.header('set-cookie', cookie.set(started.secret, Math.floor((started.expiresAt - now()) / 1000)), { append: true });
    // Not a redirect: it would still be the provider's page that leads here, and the browser would keep the strict cookie back.
    const path = returnPath(returnTo, url);
    return c.html(htmlPage('You are signed in', html`<p>You are signed in as <b>${subject.name}</b>. <a href="${path}">Go on</a></p>`, { goTo: path }));
  };
}
