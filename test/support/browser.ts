/** The console as people use it: built from the sources, in a real Chromium that talks to nobody but the page. */
import { execFile } from 'node:child_process';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { chromium, type Browser, type Page } from 'playwright-core';
import { until } from './until.ts';

const CONSOLE = join(import.meta.dirname, '../../console');
const BUILDING = join(CONSOLE, 'node_modules/.building');
const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** One signed-in browser profile, and what went wrong or left the machine in it. */
export interface Person {
  readonly page: Page;
  readonly requested: string[];
  readonly complaints: string[];
}

/** The built console is newer than its sources when this resolves. Test files that run at once build it once. */
export async function buildConsole(): Promise<void> {
  await mkdir(join(CONSOLE, 'node_modules'), { recursive: true });
  await until('another build of the console to end', async () => ((await takeTurn()) ? true : undefined), 2_400);
  try {
    if (await isFresh()) return;
    await promisify(execFile)(process.execPath, [join(CONSOLE, '../node_modules/vite/bin/vite.js'), 'build'], { cwd: CONSOLE });
  } finally {
    await rm(BUILDING, { recursive: true });
  }
}

/** A build that was killed has left its mark behind: after a minute nobody waits for it. */
async function takeTurn(): Promise<boolean> {
  const known = await stat(BUILDING).catch(() => undefined);
  if (known && Date.now() - known.mtimeMs > 60_000) await rm(BUILDING, { recursive: true, force: true });
  return mkdir(BUILDING).then(
    () => true,
    () => false,
  );
}

async function isFresh(): Promise<boolean> {
  const built = await stat(join(CONSOLE, 'dist/index.html')).catch(() => undefined);
  if (!built) return false;
  const sources = ['index.html', 'package.json', 'vite.config.ts', ...(await below('src')), ...(await below('public'))];
  const changed = await Promise.all(sources.map(async (path) => (await stat(join(CONSOLE, path))).mtimeMs));
  return changed.every((at) => at < built.mtimeMs);
}

async function below(folder: string): Promise<readonly string[]> {
  const entries = await readdir(join(CONSOLE, folder), { recursive: true });
  // Folders, too: what was removed changes its folder.
  return [folder, ...entries.map((entry) => join(folder, entry))];
}

export const launchBrowser = (): Promise<Browser> => chromium.launch({ executablePath: CHROMIUM, args: QUIET });

export async function openPerson(browser: Browser, viewport = { width: 1280, height: 800 }): Promise<Person> {
  const context = await browser.newContext({ viewport });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const requested: string[] = [];
  const complaints: string[] = [];
  page.on('request', (request) => requested.push(request.url()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (/content security policy/i.test(message.text())) complaints.push(message.text());
  });
  return { page, requested, complaints };
}

/** Into the sign-in form of the page that is open. */
export async function enter(page: Page, name: string, password: string): Promise<void> {
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.keyboard.press('Enter');
}
