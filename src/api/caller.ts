import type { Context, MiddlewareHandler } from 'hono';
import { headerValues, readBearer } from '../identity/bearer.ts';
import { sameText } from '../identity/same-text.ts';
import { signInCookie, type Cookie } from './cookie.ts';
import type { ApiDeps, ApiEnv, Caller } from './deps.ts';
import { refuse } from './refusal.ts';

/**
 * Lets only who is signed in through: by `Authorization: Bearer` (the CLI), else by cookie, and then whatever changes
 * something must carry the CSRF token. A wrong header is not made good by a cookie. Access tokens for targets do not sign in.
 */
export function requireCaller(deps: ApiDeps): MiddlewareHandler<ApiEnv> {
  const cookie = signInCookie(deps.url);
  return async (c, next) => {
    const caller = await readCaller(deps, cookie, c);
    if (!caller) return refuse(c, 401, 'unauthenticated', 'you are not signed in', 'sign in at the console, or run sallyport login');
    if (caller.by === 'cookie' && isUnsafe(c) && !sameText(c.req.header('x-csrf-token') ?? '', caller.csrf)) {
      return refuse(c, 403, 'forbidden', 'the request does not carry the x-csrf-token of this sign-in', 'reload the page');
    }
    c.set('caller', caller);
    return next();
  };
}

/** Who is signed in in this browser, for pages: what a page asks is answered by nobody else. */
export async function signedInByCookie(deps: ApiDeps, c: Context<ApiEnv>): Promise<Caller | undefined> {
  const caller = await readCaller(deps, signInCookie(deps.url), c);
  return caller?.by === 'cookie' ? caller : undefined;
}

async function readCaller(
  { signIns, locks }: ApiDeps,
  cookie: Cookie,
  c: Context<ApiEnv>,
): Promise<(Caller & { readonly by: 'cookie' | 'bearer' }) | undefined> {
  const bearer = readBearer(headerValues(c.env.incoming.rawHeaders, 'authorization'));
  const by = bearer.kind === 'missing' ? 'cookie' : 'bearer';
  const secret = bearer.kind === 'token' ? bearer.token : by === 'cookie' ? cookie.read(c.req.header('cookie')) : undefined;
  const signIn = secret === undefined ? undefined : await signIns.find(secret);
  if (!signIn || secret === undefined || locks?.find({ subject: signIn.subject })) return undefined;
  return { by, secret, signIn: signIn.id, subject: signIn.subject, csrf: signIn.csrf, expiresAt: signIn.expiresAt };
}

const isUnsafe = (c: Context<ApiEnv>): boolean => c.req.method !== 'GET' && c.req.method !== 'HEAD';
