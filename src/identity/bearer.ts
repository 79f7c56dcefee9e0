export type BearerToken = { readonly kind: 'token'; readonly token: string } | { readonly kind: 'missing' } | { readonly kind: 'malformed' };

export type AccessToken = BearerToken | { readonly kind: 'bound'; readonly token: string };

/**
 * The token of an `Authorization` header: `Bearer`, one space, the token68 of RFC 6750. Several headers (joined by a
 * comma, as `headerValues` gives them) are malformed: which of two tokens counts is not for a gateway to guess.
 */
export function readBearer(authorization: string | undefined): BearerToken {
  if (authorization === undefined || authorization === '') return { kind: 'missing' };
  const token = /^bearer ([A-Za-z0-9._~+/-]+=*)$/i.exec(authorization)?.[1];
  return token === undefined ? { kind: 'malformed' } : { kind: 'token', token };
}

/** The same, or a token that is bound to a key (RFC 9449), which says so by its scheme. */
export function readAccessToken(authorization: string | undefined): AccessToken {
  const bound = /^dpop ([A-Za-z0-9._~+/-]+=*)$/i.exec(authorization ?? '')?.[1];
  return bound === undefined ? readBearer(authorization) : { kind: 'bound', token: bound };
}

export interface NamePassword {
  readonly name: string;
  readonly password: string;
}

/** RFC 7617 in UTF-8: the name holds no colon, the password may. */
export function readBasic(authorization: string | undefined): NamePassword | undefined {
  const encoded = /^basic ([A-Za-z0-9+/]+={0,2})$/i.exec(authorization ?? '')?.[1];
  if (encoded === undefined || encoded.length > 4096) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 1 ? undefined : { name: text.slice(0, colon), password: text.slice(colon + 1) };
}

/**
 * A header's values as they came, joined by `, `; undefined where there is none. For headers of which Node's own
 * `headers` silently keeps the first: `Authorization`, `Host`. Takes `IncomingMessage.rawHeaders`.
 */
export function headerValues(rawHeaders: readonly string[], name: string): string | undefined {
  let values: string | undefined;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    if (rawHeaders[at]?.length !== name.length || rawHeaders[at]?.toLowerCase() !== name) continue;
    const value = rawHeaders[at + 1] ?? '';
    values = values === undefined ? value : `${values}, ${value}`;
  }
  return values;
}
