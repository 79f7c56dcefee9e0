/**
 * Against DNS rebinding: a web page that made its own name point here still sends its own name. The one check is shared by
 * API, console and protocols.
 */
export interface HostCheck {
  /** Whether the `Host` header (or `:authority`) names this gateway. */
  host(header: string | undefined): boolean;
  /** Whether a request with this `Origin` may come in: none (no browser), or a page of this gateway. */
  origin(header: string | undefined): boolean;
}

/**
 * The one address that pages of others post to: a SAML provider's, with its reply. No cookie is looked at there, and nothing of it counts before the
 * browser that asked comes by itself.
 */
export function isReplyOfProvider(method: string | undefined, path: string): boolean {
  return method === 'POST' && /^\/sign-in\/[a-z0-9-]{1,63}\/acs$/.test(path);
}

const LOOPBACK = ['127.0.0.1', 'localhost', '[::1]'];
const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' };

/** `url` is what clients type, `port` the one that is listened on: through it the loopback names are ours as well. */
export function createHostCheck(url: string, port: number): HostCheck {
  const { protocol, hostname, port: urlPort } = new URL(url);
  const ownPort = urlPort || (DEFAULT_PORTS[protocol] ?? '');
  const hosts = new Set(LOOPBACK.map((name) => `${name}:${port}`)).add(`${hostname}:${ownPort}`);
  const origins = new Set(LOOPBACK.map((name) => new URL(`http://${name}:${port}`).origin)).add(new URL(url).origin);
  if (port === 80) for (const name of LOOPBACK) hosts.add(name);
  if (urlPort === '') hosts.add(hostname);
  return {
    host: (header) => header !== undefined && hosts.has(header.toLowerCase()),
    origin: (header) => header === undefined || origins.has(header),
  };
}
