import { Hono, type Context } from 'hono';
import { SallyportError } from '../../core/error.ts';
import { eventSubject, makeEvent } from '../../core/event.ts';
import { LOCAL_ISSUER } from '../../identity/local-issuer.ts';
import type { Passkeys } from '../../identity/passkeys.ts';
import { readBody } from '../body.ts';
import { requireCaller } from '../caller.ts';
import { clientOf } from '../client.ts';
import type { ApiDeps, ApiEnv } from '../deps.ts';
import { notFound } from '../refusal.ts';
import { passkeyAddSchema, passkeyIdSchema } from './schema.ts';

/** The passkeys of whoever is signed in with a local account. Others have those of their provider. */
export function passkeyRoutes(deps: ApiDeps, passkeys: Passkeys): Hono<ApiEnv> {
  const signedIn = requireCaller(deps);
  return new Hono<ApiEnv>()
    .get('/passkeys', signedIn, async (c) => c.json({ available: passkeys.available, passkeys: await passkeys.list(account(c)) }))
    .post('/passkeys/begin', signedIn, async (c) => {
      if (!passkeys.available)
        throw new SallyportError('conflict', 'browsers have no passkeys for an address that is a number', {
          hint: 'open the gateway by its name: url in sallyport.yaml',
        });
      return c.json(await passkeys.beginAdding(account(c)));
    })
    .post('/passkeys', signedIn, async (c) => {
      const answer = await readBody(c, passkeyAddSchema);
      await passkeys.add(account(c), answer, () => record(c, 'a passkey was added'));
      return c.json({}, 201);
    })
    .post('/passkeys/remove', signedIn, async (c) => {
      const { id } = await readBody(c, passkeyIdSchema);
      const removed = await passkeys.remove(account(c), id, () => record(c, 'a passkey was removed'));
      return removed ? c.json({}) : notFound(c);
    });

  function account(c: Context<ApiEnv>): string {
    const { subject } = c.get('caller');
    if (subject.issuer === LOCAL_ISSUER) return subject.id;
    throw new SallyportError('forbidden', 'only local accounts have passkeys here', { hint: 'your provider has yours' });
  }

  async function record(c: Context<ApiEnv>, note: string): Promise<void> {
    const { subject } = c.get('caller');
    await deps.recorder.append(makeEvent('subject.changed', { subject: eventSubject(subject), client: clientOf(c, 'console'), note }));
  }
}
