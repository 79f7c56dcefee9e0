/**
 * Resource URIs are opaque to the gateway but not to the server behind it: only the one spelling that every reader
 * takes alike is let through, so that a rule on `file:///workspace/*` means that folder and nothing beside it.
 */
export function uriProblem(uri: string): string | undefined {
  if (uri.length > 8192) return 'the uri is too long';
  if (!/^[A-Za-z][A-Za-z0-9+.-]*:/.test(uri)) return 'the uri has no scheme';
  if (uri.includes('\\')) return 'the uri holds a backslash';
  if (/%(?![0-9A-Fa-f]{2})/.test(uri)) return 'the uri holds a broken percent escape';
  const decoded = decodeOnce(uri);
  if (decoded === undefined) return 'the uri does not decode to UTF-8';
  if (/%[0-9A-Fa-f]{2}/.test(decoded)) return 'the uri is percent-encoded twice';
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u001f\u007f\\]/.test(decoded)) return 'the uri hides a control character or a backslash';
  if (/%(?:2f|2e|5c|3f|23)/i.test(uri)) return 'the uri hides a separator behind a percent escape';
  if (
    decoded
      .normalize('NFKC')
      .split(/[/\\?#]/)
      .some((segment) => /^\.{1,2}(?:;.*)?$/.test(segment))
  )
    return 'the uri holds a dot segment';
  if (/^[A-Za-z][A-Za-z0-9+.-]*:\/\/[^/]*@/.test(decoded)) return 'the uri holds user information';
  return undefined;
}

function decodeOnce(uri: string): string | undefined {
  try {
    return decodeURIComponent(uri);
  } catch {
    return undefined;
  }
}
