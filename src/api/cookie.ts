/** A cookie of the gateway that holds one value. */
export interface Cookie {
  readonly name: string;
  set(value: string, maxAgeSeconds: number): string;
  clear(): string;
  /** Undefined where there is none, or several: then somebody else set one as well. */
  read(header: string | undefined): string | undefined;
}

export interface CookieOptions {
  readonly name: string;
  /** `Lax` comes along where a page of another site leads the browser here. */
  readonly sameSite: 'Strict' | 'Lax';
}

/** Over https the `__Host-` prefix keeps other hosts and paths from setting it. */
export function createCookie(url: string, options: CookieOptions): Cookie {
  const secure = url.startsWith('https:');
  const name = secure ? `__Host-${options.name}` : options.name;
  const rest = `HttpOnly; SameSite=${options.sameSite}${secure ? '; Secure' : ''}`;
  const write = (value: string, maxAge: number): string => `${name}=${value}; Path=/; Max-Age=${maxAge}; ${rest}`;
  return {
    name,
    set: write,
    clear: () => write('', 0),
    read(header = '') {
      const values = header
        .split(';')
        .map((pair) => pair.trim())
        .filter((pair) => pair.startsWith(`${name}=`));
      return values.length === 1 ? values[0]?.slice(name.length + 1) : undefined;
    },
  };
}

export const signInCookie = (url: string): Cookie => createCookie(url, { name: 'sallyport', sameSite: 'Strict' });
