import { Hono } from 'hono';
import { emailDomain } from '../../identity/email-domain.ts';
import { readBody } from '../body.ts';
import type { ApiDeps, ApiEnv } from '../deps.ts';
import { emailSchema } from './schema.ts';

/** What a sign-in page offers, to whoever asks: which providers there are, and whose an e-mail address is. */
export function signInOptionRoutes({ doors, localSignIn = true }: ApiDeps): Hono<ApiEnv> {
  const providers = doors?.providers ?? [];
  return new Hono<ApiEnv>()
    .get('/sign-in/options', (c) => c.json({ providers: providers.map(({ name, title }) => ({ name, title })), local: localSignIn }))
    .post('/sign-in/route', async (c) => {
      const { email } = await readBody(c, emailSchema);
      const domain = emailDomain(email.trim());
      const provider = domain === undefined ? undefined : providers.find(({ domains }) => domains.includes(domain));
      return c.json({ provider: provider?.name ?? null });
    });
}
