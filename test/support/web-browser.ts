/** A browser without a window: keeps cookies of each origin and goes where it is sent. Knows nothing of SameSite; Chromium's tests do. */
export class WebBrowser {
  readonly #cookies = new Map<string, Map<string, string>>();
  /** Every address that was asked for. */
  readonly visited: string[] = [];

  /** One request, without following. */
  async send(url: string, init: RequestInit = {}): Promise<Response> {
    this.visited.push(url);
    const { host } = new URL(url);
    const jar = this.#cookies.get(host) ?? new Map<string, string>();
    this.#cookies.set(host, jar);
    const headers = new Headers(init.headers);
    if (jar.size > 0 && !headers.has('cookie')) headers.set('cookie', [...jar].map(([name, value]) => `${name}=${value}`).join('; '));
    const response = await fetch(url, { ...init, headers, redirect: 'manual' });
    for (const line of response.headers.getSetCookie()) {
      const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
      const at = pair.indexOf('=');
      if (attributes.some((one) => /^max-age=0$/i.test(one)) || /expires=Thu, 01 Jan 1970/i.test(line)) jar.delete(pair.slice(0, at));
      else jar.set(pair.slice(0, at), pair.slice(at + 1));
    }
    return response;
  }

  /** Follows redirects until a page, or until `stop` says so of the next address; that one is not asked for. */
  async go(url: string, stop: (next: string) => boolean = () => false): Promise<{ readonly url: string; readonly response: Response | undefined }> {
    let next = url;
    for (let hops = 0; hops < 12; hops += 1) {
      if (hops > 0 && stop(next)) return { url: next, response: undefined };
      const response = await this.send(next);
      const location = response.headers.get('location');
      if (response.status < 300 || response.status >= 400 || location === null) return { url: next, response };
      await response.arrayBuffer();
      next = new URL(location, next).href;
    }
    throw new Error('redirected too often');
  }

  cookie(origin: string, name: string): string | undefined {
    return this.#cookies.get(new URL(origin).host)?.get(name);
  }

  setCookie(origin: string, name: string, value: string): void {
    const { host } = new URL(origin);
    this.#cookies.set(host, (this.#cookies.get(host) ?? new Map<string, string>()).set(name, value));
  }
}
