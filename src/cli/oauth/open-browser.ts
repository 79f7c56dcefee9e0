import { spawn } from 'node:child_process';

type Env = Readonly<Record<string, string | undefined>>;

/** Whether a browser that is opened here would be seen by whoever types here. */
export function hasBrowser(env: Env, platform: NodeJS.Platform = process.platform): boolean {
  if (env['BROWSER'] !== undefined && env['BROWSER'] !== '') return true;
  if (env['SSH_CONNECTION'] !== undefined || env['SSH_TTY'] !== undefined) return false;
  if (platform === 'darwin' || platform === 'win32') return true;
  return env['DISPLAY'] !== undefined || env['WAYLAND_DISPLAY'] !== undefined;
}

/** What fails here is seen: the address is printed, too. */
export function openBrowser(url: string, env: Env, platform: NodeJS.Platform = process.platform): void {
  const [program, ...words] = openerOf(env, platform);
  try {
    const child = spawn(program, [...words, url], { stdio: 'ignore', detached: true });
    child.on('error', () => {});
    child.unref();
  } catch {
    // As above.
  }
}

/** Never through a shell: the address holds characters that mean something to one. */
function openerOf(env: Env, platform: NodeJS.Platform): readonly [string, ...string[]] {
  const chosen = env['BROWSER'];
  if (chosen !== undefined && chosen !== '') return [chosen];
  if (platform === 'darwin') return ['open'];
  return platform === 'win32' ? ['rundll32', 'url.dll,FileProtocolHandler'] : ['xdg-open'];
}
