export interface TokenView {
  readonly token: string;
  /** RFC 3339. */
  readonly expiresAt: string;
  readonly target: string;
  /** Where the token is good. */
  readonly url: string;
}

export function presentToken({ token, expiresAt }: { readonly token: string; readonly expiresAt: number }, target: string, url: string): TokenView {
  return { token, expiresAt: new Date(expiresAt).toISOString(), target, url };
}
