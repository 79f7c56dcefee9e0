import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { SallyportError } from '../core/error.ts';
import { MAX_FILE_BYTES } from './document.ts';
import { ResourcesError, type Problem } from './problem.ts';

export interface ResourceText {
  readonly file: string;
  readonly text: string;
}

/** Tests lie beside what they test and are no resources: `models.test.yaml`. */
const isTest = (name: string): boolean => /\.test\.ya?ml$/.test(name);
const isResource = (name: string): boolean => /\.ya?ml$/.test(name) && !isTest(name);

interface Listed {
  readonly path: string;
  readonly shown: string;
}

/** A file, or all `*.yaml` and `*.yml` of a folder and its folders. Throws ResourcesError for files that are too big. */
export async function readResourceTexts(path: string): Promise<readonly ResourceText[]> {
  const isFolder = await isFolderAt(path);
  return readAll(isFolder ? await listFolder(path, isResource) : [{ path, shown: path }]);
}

/** The `*.test.yaml` of the folder, or of the folder that the file lies in; a test file itself is that one. */
export async function readTestTexts(path: string): Promise<readonly ResourceText[]> {
  if (await isFolderAt(path)) return readAll(await listFolder(path, isTest));
  return readAll(isTest(basename(path)) ? [{ path, shown: path }] : await listFolder(dirname(path), isTest, 0));
}

async function isFolderAt(path: string): Promise<boolean> {
  const info = await stat(path).catch((cause: unknown) => {
    throw new SallyportError('resources_invalid', `the resources ${path} cannot be read`, { hint: 'name a folder or a file that is there', cause });
  });
  return info.isDirectory();
}

async function readAll(files: readonly Listed[]): Promise<readonly ResourceText[]> {
  const texts: ResourceText[] = [];
  const problems: Problem[] = [];
  for (const { path, shown } of files) {
    const { size } = await stat(path);
    if (size > MAX_FILE_BYTES) {
      problems.push({ file: shown, line: 1, column: 1, message: `the file has ${size} bytes, the limit is ${MAX_FILE_BYTES}`, fix: 'split it' });
    } else texts.push({ file: shown, text: await readFile(path, 'utf8') });
  }
  if (problems.length > 0) throw new ResourcesError(problems);
  return texts;
}

async function listFolder(root: string, wanted: (name: string) => boolean, deeper = 1): Promise<readonly Listed[]> {
  const files = await walk(root, wanted, deeper);
  return files.toSorted((a, b) => (a < b ? -1 : 1)).map((path) => ({ path, shown: relative(root, path) }));
}

async function walk(folder: string, wanted: (name: string) => boolean, deeper: number): Promise<string[]> {
  const files: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    // Editors and Kubernetes volumes keep copies under names that begin with a dot.
    if (entry.name.startsWith('.')) continue;
    const path = join(folder, entry.name);
    const info = await stat(path);
    if (info.isDirectory() && deeper > 0) files.push(...(await walk(path, wanted, deeper - 1)));
    else if (info.isFile() && wanted(entry.name)) files.push(path);
  }
  return files;
}
