import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { openKeyring } from './keyring.ts';
import { readSignIn, removeSignIn, writeSignIn } from './sign-in-file.ts';

const run = promisify(execFile);
const HERE = import.meta.dirname;
const SIGN_IN = { url: 'https://gw.example', token: 'a-token-of-this-test' };

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-keyring-'));
});
after(() => rm(folder, { recursive: true }));

/** What a program says in a desktop session of its own, with the keyring of GNOME (gnome-keyring-daemon), unlocked. */
async function onDesktop(program: string): Promise<readonly unknown[]> {
  const file = join(folder, 'program.ts');
  await writeFile(file, program);
  const script = `printf %s a-password | gnome-keyring-daemon --unlock --components=secrets >/dev/null && exec '${process.execPath}' '${file}'`;
  const env = { ...process.env, HOME: folder, XDG_RUNTIME_DIR: folder, XDG_DATA_HOME: join(folder, 'data') };
  const { stdout } = await run('dbus-run-session', ['--', 'sh', '-c', script], { env, timeout: 60_000 });
  return JSON.parse(stdout) as readonly unknown[]; // an array that the program below writes
}

test('where there is a keyring the token is there and not in the file, and goes with the sign-in', async () => {
  const said = await onDesktop(`
    import { readFile } from 'node:fs/promises';
    import { readSignIn, removeSignIn, writeSignIn } from '${HERE}/sign-in-file.ts';
    const env = { SALLYPORT_HOME: '${folder}/home' };
    const kept = await writeSignIn(env, ${JSON.stringify(SIGN_IN)});
    const file = await readFile('${folder}/home/sign-in.json', 'utf8');
    const read = await readSignIn(env);
    const elsewhere = await readSignIn({ SALLYPORT_HOME: '${folder}/other' });
    await removeSignIn(env);
    console.log(JSON.stringify([kept, JSON.parse(file), read, elsewhere ?? null, (await readSignIn(env)) ?? null]));
    process.exit(0);
  `);
  assert.deepEqual(said, [{ kind: 'keyring' }, { url: SIGN_IN.url }, SIGN_IN, null, null]);
});

test('where there is none, or none is wanted, the file has the token, for its owner alone', async () => {
  for (const env of [{ SALLYPORT_HOME: join(folder, 'a'), SALLYPORT_KEYRING: 'off' }]) {
    assert.deepEqual(await writeSignIn(env, SIGN_IN), { kind: 'file', file: join(env.SALLYPORT_HOME, 'sign-in.json') });
    assert.match(await readFile(join(env.SALLYPORT_HOME, 'sign-in.json'), 'utf8'), /a-token-of-this-test/);
    assert.deepEqual(await readSignIn(env), SIGN_IN);
    await removeSignIn(env);
    assert.equal(await readSignIn(env), undefined);
  }
});

test('a machine without a keyring is no error', async () => {
  const program = `
    import { openKeyring } from '${HERE}/keyring.ts';
    const keyring = openKeyring({});
    const said = [await keyring.set('x', 'y'), (await keyring.get('x')) ?? null];
    await keyring.remove('x');
    console.log(JSON.stringify(said));
    process.exit(0);
  `;
  const file = join(folder, 'nothing.ts');
  await writeFile(file, program);
  const env = { PATH: process.env['PATH'], HOME: folder, DBUS_SESSION_BUS_ADDRESS: `unix:path=${folder}/nowhere` };
  const { stdout } = await run(process.execPath, [file], { env, timeout: 60_000 });
  assert.deepEqual(JSON.parse(stdout), [false, null]);
  assert.equal(await openKeyring({ SALLYPORT_KEYRING: 'off' }).set('x', 'y'), false);
});
