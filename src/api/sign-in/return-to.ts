/**
 * Where a page goes after the sign-in: a path of this gateway, or its start. What a browser could read as another
 * host (`//x`, `/\x`, a scheme, tabs that it leaves out) is not gone to.
 */
export function returnPath(value: string | undefined, url: string): string {
  if (value === undefined || value.length > 4096 || !/^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/.test(value)) return '/';
  const base = new URL(url);
  const target = URL.parse(value, base.href);
  if (target?.origin !== base.origin || target.pathname.startsWith('//')) return '/';
  return `${target.pathname}${target.search}${target.hash}`;
}
