import { z } from 'zod';
import { SallyportError } from '../../core/error.ts';
import type { SmallJson } from './small-json.ts';

const granted = z.object({ access_token: z.string().min(1) });
const refused = z.object({ error: z.string().max(100), error_description: z.string().max(500).optional() });

/** What the token endpoint said: a token, or the name of what is wrong. */
export function readTokenAnswer({ status, body }: SmallJson): { readonly token: string } | { readonly error: string; readonly description: string } {
  const ok = granted.safeParse(body);
  if (status === 200 && ok.success) return { token: ok.data.access_token };
  const failed = refused.safeParse(body);
  if (!failed.success) throw new SallyportError('upstream_invalid', `the gateway answered with status ${status}, not as a gateway does`);
  return { error: failed.data.error, description: failed.data.error_description ?? failed.data.error };
}

export const signInRefused = (why: string): SallyportError => new SallyportError('forbidden', `nobody is signed in: ${why}`, { hint: 'sallyport login' });
