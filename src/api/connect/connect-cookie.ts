/** What tells, when the browser comes back from an authorization server, that it is the one that was sent there. */
export interface ConnectCookie {
  set(value: string): string;
  clear(): string;
  /** Undefined where there is none, or several: then somebody else set one as well. */
  read(header: string | undefined): string | undefined;
}

const SECONDS = 600;

/** Lax: it comes along where a page of another site leads the browser here. */
export function connectCookie(url: string): ConnectCookie {
  const secure = url.startsWith('https:');
  const name = secure ? '__Host-sallyport-connect' : 'sallyport-connect';
  const write = (value: string, maxAge: number): string => `${name}=${value}; Path=/; Max-Age=${maxAge}; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`;
  return {
    set: (value) => write(value, SECONDS),
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
