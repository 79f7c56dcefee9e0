/** The sign-in cookie. Over https the `__Host-` prefix keeps other hosts and paths from setting it. */
export interface SignInCookie {
  readonly name: string;
  set(secret: string, maxAgeSeconds: number): string;
  clear(): string;
  /** The one value; undefined where there is none, or several: then somebody else set one as well. */
  read(header: string | undefined): string | undefined;
}

export function signInCookie(url: string): SignInCookie {
  const secure = url.startsWith('https:');
  const name = secure ? '__Host-sallyport' : 'sallyport';
  const write = (value: string, maxAge: number): string => `${name}=${value}; Path=/; Max-Age=${maxAge}; HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}`;
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
