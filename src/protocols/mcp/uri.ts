/**
 * Resource URIs are opaque to the gateway but not to the server behind it: only the one spelling that every reader
 * takes alike is let through, so that a rule on `file:///workspace/*` means that folder and nothing beside it.
 */
export function uriProblem(uri: string): string | undefined {
  if (uri.length > 8192) return 'the uri is too long';
  if (!/^[A-Za-z][A-Za-z0-9+.-]*:/.test(uri)) return 'the uri has no scheme';
  if (/^[^:]*[A-Z]/.test(uri)) return 'the uri has capital letters in its scheme';
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
  return uri.startsWith('file:') ? fileProblem(decoded) : undefined;
}

/** Spellings of one file that file systems take alike, or that only some of them do. */
function fileProblem(uri: string): string | undefined {
  if (!uri.startsWith('file://') || /^file:\/\/localhost(?:[/:]|$)/i.test(uri)) return 'the uri of a file begins with file:///';
  const segments = uri.slice('file://'.length).split('/').slice(1);
  if (segments.slice(0, -1).includes('')) return 'the uri holds an empty segment';
  if (segments.some((segment) => segment !== segment.trim() || /[^.]\.$/.test(segment)))
    return 'the uri holds a segment that begins or ends in a space or ends in a dot';
  return undefined;
}

/** The other spelling under which a rule may know this resource: percent escapes read, composed. */
export function readUri(uri: string): string {
  return (decodeOnce(uri) ?? uri).normalize('NFC');
}

function decodeOnce(uri: string): string | undefined {
  try {
    return decodeURIComponent(uri);
  } catch {
    return undefined;
  }
}
