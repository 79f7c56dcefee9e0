const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);
/** Schemes that a browser runs or shows itself, or that open something other than an application of the person's. */
const NOT_AN_APPLICATION = new Set([
  'about:',
  'blob:',
  'chrome:',
  'data:',
  'file:',
  'filesystem:',
  'ftp:',
  'intent:',
  'jar:',
  'javascript:',
  'mailto:',
  'sms:',
  'tel:',
  'vbscript:',
  'view-source:',
  'ws:',
  'wss:',
]);

/** `loopback` and `application` (a scheme of its own) lead to a program on the person's machine, and any program there can ask for them. */
export type RedirectKind = 'web' | 'loopback' | 'application' | 'refused';

export function redirectKind(uri: string): RedirectKind {
  const url = URL.parse(uri);
  if (!url || uri.length > 2048 || /[\s\\#*]/.test(uri) || url.username !== '' || url.password !== '') return 'refused';
  if (url.protocol === 'https:') return 'web';
  if (url.protocol === 'http:') return LOOPBACK.has(url.hostname) ? 'loopback' : 'refused';
  return NOT_AN_APPLICATION.has(url.protocol) ? 'refused' : 'application';
}

/** What a content security policy calls the place a form may lead to. IPv6 addresses have no name there, so the scheme stands in. */
export function redirectSource(uri: string): string {
  const url = new URL(uri);
  if (!/^https?:$/.test(url.protocol) || url.hostname.startsWith('[')) return url.protocol;
  return url.origin;
}
