import { readdir, readFile } from 'node:fs/promises';
import { extname, join, relative, sep } from 'node:path';
import type { Context, MiddlewareHandler } from 'hono';
import type { ApiEnv } from './deps.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
};

interface ConsoleFile {
  readonly path: string;
  readonly type: string;
}

/**
 * The built console. A request is looked up among the files that were there at start, so no path leads out of the folder;
 * any other page of the console is its `index.html`, which routes by itself.
 */
export function consoleFiles(folder: string): MiddlewareHandler<ApiEnv> {
  const known = listFiles(folder);
  return async (c, next) => {
    if (c.req.method !== 'GET' && c.req.method !== 'HEAD') return next();
    const files = await known;
    const file = files.get(c.req.path) ?? (isPage(c) ? files.get('/index.html') : undefined);
    if (!file) return next();
    // Vite puts a hash of the content into the names below assets/.
    c.header('cache-control', c.req.path.startsWith('/assets/') && files.has(c.req.path) ? 'public, max-age=31536000, immutable' : 'no-cache');
    c.header('content-type', file.type);
    return c.body(await readFile(file.path));
  };
}

const isPage = (c: Context<ApiEnv>): boolean => extname(c.req.path) === '' && /text\/html|\*\/\*/.test(c.req.header('accept') ?? '');

async function listFiles(folder: string): Promise<ReadonlyMap<string, ConsoleFile>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.flatMap((entry): [string, ConsoleFile][] => {
    const path = join(entry.parentPath, entry.name);
    const type = TYPES[extname(entry.name)];
    return entry.isFile() && type ? [[`/${relative(folder, path).split(sep).join('/')}`, { path, type }]] : [];
  });
  return new Map(files);
}
