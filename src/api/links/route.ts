import { Hono, type Context } from 'hono';
import { isSallyportError } from '../../core/error.ts';
import type { Links } from '../../notice/links.ts';
import { readForm } from '../body.ts';
import type { ApiDeps, ApiEnv } from '../deps.ts';
import { statusOf } from '../refusal.ts';
import { messagePage } from '../html-page.ts';
import { linkPage } from './page.ts';
import { formSchema } from './schema.ts';

/**
 * Links of notices. Whoever holds one is its person, so there is no sign-in and no cookie that another page could use. GET
 * and HEAD change nothing: mail scanners and chat previews open links before people do.
 */
export function linkRoutes({ url, report = () => {} }: ApiDeps, links: Links): Hono<ApiEnv> {
  return new Hono<ApiEnv>()
    .use('/links/*', async (c, next) => {
      await next();
      // The form is sent by this page, and a browser says so only if it may name it to itself.
      c.header('referrer-policy', 'same-origin');
    })
    .get('/links/:token', (c) => told(c, async (token) => linkPage(await links.open(token), url)))
    .post('/links/:token', (c) =>
      told(c, async (token) => {
        const { answer, reason } = await readForm(c, formSchema);
        const { approval } = await links.answer(token, answer, reason);
        return messagePage('Thank you', `Your answer is kept. The approval is ${approval.status}.`);
      }),
    );

  async function told(c: Context<ApiEnv>, act: (token: string) => Promise<string>): Promise<Response> {
    try {
      return c.html(await act(c.req.param('token') ?? ''));
    } catch (error) {
      const status = statusOf(error);
      if (status >= 500) report(error);
      const text = isSallyportError(error) && status < 500 ? [error.message, error.hint].filter(Boolean).join(': ') : 'the gateway failed on this request';
      return c.html(messagePage('Nothing was answered', text), status);
    }
  }
}
