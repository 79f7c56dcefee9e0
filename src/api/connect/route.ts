import { Hono, type Context } from 'hono';
import { isSallyportError, SallyportError } from '../../core/error.ts';
import { subjectKey, type Subject } from '../../core/subject.ts';
import type { PersonalTarget } from '../../credential/connections/personal-target.ts';
import { clientMetadata } from '../../credential/connections/registration.ts';
import { sameText } from '../../identity/same-text.ts';
import { readForm, readQuery } from '../body.ts';
import { signedInByCookie } from '../caller.ts';
import type { ApiDeps, ApiEnv, Caller, UpstreamDeps } from '../deps.ts';
import { statusOf } from '../refusal.ts';
import { connectCookie } from './connect-cookie.ts';
import { messagePage } from '../html-page.ts';
import { arrivalPage, connectPage, departurePage } from './page.ts';
import { answerSchema, arrivalSchema } from './schema.ts';

/**
 * Where people connect their own accounts. Each page is of whoever is signed in in this browser: an address that is sent to
 * somebody else connects that person's account to that person, or nothing.
 */
export function connectRoutes(deps: ApiDeps, { connections, flow }: UpstreamDeps): Hono<ApiEnv> {
  const { url, report = () => {} } = deps;
  const cookie = connectCookie(url);

  return new Hono<ApiEnv>()
    .use('/connect/*', async (c, next) => {
      await next();
      // The form is sent by this page, and a browser says so only if it may name it to itself.
      c.header('referrer-policy', 'same-origin');
    })
    .get('/connect/:target/client.json', (c) => {
      const target = personalTarget(nameOf(c));
      if (!target) return c.notFound();
      const presence = connections.presence(target.name);
      return c.json({ client_id: presence.documentUrl, client_uri: url, ...clientMetadata(presence) });
    })
    .get('/connect/:target/callback', (c) =>
      told(c, async () => {
        const name = nameOf(c);
        await flow.arrive(name, readQuery(c, arrivalSchema), cookie.read(c.req.header('cookie')));
        return c.html(arrivalPage(`/connect/${name}/finish`));
      }),
    )
    .get('/connect/:target/finish', (c) =>
      asPerson(c, async ({ subject }, target) => {
        c.header('set-cookie', cookie.clear());
        await flow.finish(subject, target, cookie.read(c.req.header('cookie')));
        return c.html(messagePage('It is connected', `Your account at ${target.name} is connected. You can close this page and call again.`));
      }),
    )
    .get('/connect/:target', (c) =>
      asPerson(c, async ({ subject, csrf }, target) => {
        const known = await connections.find(subjectKey(subject), target.name);
        return c.html(connectPage({ person: subject.name, csrf, target: target.name, known }));
      }),
    )
    .post('/connect/:target', (c) => asPerson(c, (caller, target) => answered(c, caller, target)));

  async function answered(c: Context<ApiEnv>, { subject, csrf }: Caller, target: PersonalTarget): Promise<Response> {
    const form = await readForm(c, answerSchema);
    if (!sameText(form.csrf, csrf)) throw new SallyportError('forbidden', 'the form is not of this sign-in', { hint: 'go back and reload the page' });
    if (form.answer === 'connect') {
      const { url: there, issuer, browser } = await flow.depart(subject, target);
      c.header('set-cookie', cookie.set(browser));
      return c.html(departurePage(issuer, there));
    }
    const known = await connections.find(subjectKey(subject), target.name);
    if (known) await connections.end(known.id, subject, target);
    return c.html(messagePage('It is disconnected', `Your account at ${target.name} is not used any more.`));
  }

  async function asPerson(c: Context<ApiEnv>, act: (caller: Caller, target: PersonalTarget) => Promise<Response>): Promise<Response> {
    const caller = await signedInByCookie(deps, c);
    // Over the console, which knows every way to sign in, and back to this very page.
    if (!caller) return c.redirect(`/continue?to=${encodeURIComponent(c.req.path)}`, 303);
    return told(c, () => {
      const target = reachable(caller.subject, nameOf(c));
      if (!target) throw new SallyportError('not_found', 'there is no such target where you could connect an account', { hint: 'check the address' });
      return act(caller, target);
    });
  }

  /** One that does not exist is like one that is out of reach. */
  function reachable(subject: Subject, name: string): PersonalTarget | undefined {
    if (subject.kind !== 'person' || subject.onBehalfOf || !deps.snapshot().mayReach(subject, name)) return undefined;
    return personalTarget(name);
  }

  function personalTarget(name: string): PersonalTarget | undefined {
    const { credential, address } = deps.snapshot().target(name) ?? {};
    return credential && 'perPerson' in credential && address !== undefined ? { name, address, spec: credential.perPerson } : undefined;
  }

  async function told(c: Context<ApiEnv>, act: () => Promise<Response>): Promise<Response> {
    try {
      return await act();
    } catch (error) {
      const status = statusOf(error);
      if (status >= 500) report(error);
      const text = isSallyportError(error) ? [error.message, error.hint].filter(Boolean).join(': ') : 'the gateway failed on this request';
      return c.html(messagePage('Nothing was connected', text), status);
    }
  }
}

const nameOf = (c: Context<ApiEnv>): string => c.req.param('target') ?? '';
