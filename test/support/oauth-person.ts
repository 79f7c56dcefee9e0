/** A person who is signed in at the gateway and lets a client in, over plain HTTP: for tests where the client is looked at, not the page. */
/** Opens an address that a client opened, agrees, and goes where the browser is sent. The last reply is the client's. */
export async function letIn(gatewayUrl: string, url: string, name: string, password: string): Promise<void> {
  const cookies = new Map<string, string>([await signIn(gatewayUrl, name, password)]);
  const begun = await go(url, cookies);
  const asking = new URL(begun.headers.get('location') ?? '', gatewayUrl);
  const page = await go(asking.href, cookies);
  const csrf = /name="csrf" value="([^"]*)"/.exec(await page.text())?.[1] ?? '';
  const answered = await go(asking.href, cookies, new URLSearchParams({ csrf, answer: 'allow' }));
  const back = await go(new URL(answered.headers.get('location') ?? '', gatewayUrl).href, cookies);
  const location = back.headers.get('location');
  if (location === null) throw new Error(`nothing came back: ${back.status} ${await back.text()}`);
  await fetch(location);
}

async function go(url: string, cookies: Map<string, string>, form?: URLSearchParams): Promise<Response> {
  const headers = { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') };
  const reply = await fetch(url, { redirect: 'manual', headers, ...(form ? { method: 'POST', body: form } : {}) });
  for (const line of reply.headers.getSetCookie()) {
    const [pair = ''] = line.split(';');
    cookies.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
  }
  return reply;
}

/** The sign-in of a browser, as a cookie: its name and value. */
async function signIn(gatewayUrl: string, name: string, password: string): Promise<[string, string]> {
  const reply = await fetch(`${gatewayUrl}/api/sign-in`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name, password }),
  });
  const [pair = ''] = (reply.headers.get('set-cookie') ?? '').split(';');
  if (!reply.ok) throw new Error(`the sign-in was refused: ${reply.status}`);
  return [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)];
}
