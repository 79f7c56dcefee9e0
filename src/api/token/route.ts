import { Hono, type Context } from 'hono';
import { didYouMean } from '../../core/closest-name.ts';
import { eventSubject, makeEvent } from '../../core/event.ts';
import type { Subject } from '../../core/subject.ts';
import type { Snapshot } from '../../policy/snapshot.ts';
import { targetUrl } from '../../identity/audience.ts';
import { headerValues, readBasic } from '../../identity/bearer.ts';
import { mintToken, type MintOptions } from '../../identity/mint.ts';
import { readBody } from '../body.ts';
import { requireCaller } from '../caller.ts';
import { clientOf } from '../client.ts';
import type { ApiDeps, ApiEnv } from '../deps.ts';
import { notFound, refuse } from '../refusal.ts';
import { refuseSignIn, type SignInAttempt } from '../sign-in/attempt.ts';
import { presentToken } from './presenter.ts';
import { tokenSchema } from './schema.ts';

const TTL_MS = 10 * 60_000;
const CLIENT_ID = 'sallyport';

/** Short-lived access tokens, each for one target: for who is signed in, or by HTTP Basic for workloads. */
export function tokenRoutes(deps: ApiDeps, attempt: SignInAttempt): Hono<ApiEnv> {
  const { now = Date.now } = deps;
  const signedIn = requireCaller(deps);

  return new Hono<ApiEnv>().post('/token', async (c) => {
    const basic = readBasic(headerValues(c.env.incoming.rawHeaders, 'authorization'));
    if (basic) {
      const result = await attempt(c, basic, 'basic');
      return result.kind === 'ok' ? issue(c, { subject: result.subject, ttlMs: TTL_MS }) : refuseSignIn(c, result.kind);
    }
    let reply: Response | undefined;
    const refused = await signedIn(c, async () => {
      const { subject, signIn, expiresAt } = c.get('caller');
      reply = await issue(c, { subject, through: [signIn], ttlMs: Math.min(TTL_MS, expiresAt - now()) });
    });
    return refused ?? reply ?? notFound(c);
  });

  /** A target that the subject cannot reach is answered like one that does not exist. */
  async function issue(c: Context<ApiEnv>, { subject, ...rest }: Pick<MintOptions, 'subject' | 'through' | 'ttlMs'>): Promise<Response> {
    const { keys, url, recorder } = deps;
    const { target } = await readBody(c, tokenSchema);
    const snapshot = deps.snapshot();
    if (!snapshot.target(target) || !snapshot.mayReach(subject, target))
      return refuse(c, 404, 'not_found', NO_TARGET, reachableHint(subject, target, snapshot));
    const minted = await mintToken({ keys, subject, target, url, ...rest, clientId: CLIENT_ID, now: now() });
    await recorder.append(makeEvent('token.issued', { subject: eventSubject(subject), target, client: clientOf(c, CLIENT_ID), note: `token ${minted.id}` }));
    return c.json(presentToken(minted, target, targetUrl(url, target)));
  }
}

const NO_TARGET = 'no such target, or you may not reach it';

/** What is in reach is nothing new to whoever may reach it; of the rest nothing is said. */
function reachableHint(subject: Subject, written: string, snapshot: Snapshot): string {
  const names = snapshot.targets.map(({ name }) => name).filter((name) => snapshot.mayReach(subject, name));
  if (names.length === 0) return 'no rule lets you reach any target: ask for one';
  return `${didYouMean(written, names)}in your reach: ${names.slice(0, 50).join(', ')}`;
}
