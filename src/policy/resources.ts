/**
 * Resources: the YAML documents of kind Target and Policy, read and checked as one set.
 * Owns: files, syntax, shape, and what can be said of a document by itself and of the set. Called by the gateway, the
 * CLI and `watchResources`. Must not know: subjects on the line, commands, decisions (`snapshot.ts`).
 */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { MaskRule } from '../core/decision.ts';
import { SallyportError } from '../core/error.ts';
import type { JsonValue } from '../core/json.ts';
import type { Target } from '../core/target.ts';
import { MAX_FILE_BYTES, readDocuments, type Document } from './document.ts';
import { ResourcesError, type Place, type Problem } from './problem.ts';
import { checkDocument, type Checked } from './shape.ts';
import type { PolicyDocument } from './schema.ts';
import { toTarget } from './target.ts';
import { setProblems } from './consistency.ts';

export interface ResourceOptions {
  /** Names of the detectors that `detect` may name. Absent: any. */
  readonly detectors?: readonly string[];
  /** Protocols that this gateway speaks. */
  readonly protocols?: readonly string[];
  /** Tells which of the kinds of values occur in what a caller sends; without it `detected` in `when` is an error. */
  readonly detect?: DetectKinds;
}

/** `masks` bring the policy's own patterns and words. */
export type DetectKinds = (kinds: readonly string[], masks: readonly MaskRule[]) => (value: JsonValue) => ReadonlySet<string>;

/** A set in which every document is sound. What a document is called is unique within its kind. */
export interface Resources {
  readonly targets: readonly Target[];
  readonly policies: readonly PolicyDocument[];
  readonly detect?: DetectKinds;
  /** Where a part of a document stands, for messages. */
  place(kind: 'Target' | 'Policy', name: string, path: readonly PropertyKey[]): Place;
}

/** Reads a file, or all `*.yaml` and `*.yml` of a folder and its folders. Throws ResourcesError with every problem found. */
export async function loadResources(path: string, options: ResourceOptions = {}): Promise<Resources> {
  const texts = await readTexts(path);
  return parseResources(texts, options);
}

export interface ResourceText {
  readonly file: string;
  readonly text: string;
}

/** The same from texts that were read already. */
export function parseResources(texts: readonly ResourceText[], options: ResourceOptions = {}): Resources {
  const read = texts.map(({ file, text }) => readDocuments(file, text));
  const checked = read.flatMap(({ documents }) => documents.map((document) => checkDocument(document)));
  const sound = checked.flatMap((result) => (result.checked ? [result.checked] : []));
  const problems = [...read.flatMap((one) => one.problems), ...checked.flatMap((result) => result.problems), ...setProblems(sound, options)];
  if (problems.length > 0) throw new ResourcesError(problems.toSorted(byPlace));
  return toResources(sound, options.detect);
}

function toResources(sound: readonly Checked[], detect: DetectKinds | undefined): Resources {
  const documents = new Map<string, Document>(sound.map(({ document, value }) => [`${value.kind}/${value.name}`, document]));
  return Object.freeze({
    ...(detect ? { detect } : {}),
    targets: sound.flatMap(({ value }) => (value.kind === 'Target' ? [toTarget(value)] : [])),
    policies: sound.flatMap(({ value }) => (value.kind === 'Policy' ? [value] : [])),
    place: (kind: string, name: string, path: readonly PropertyKey[]) => documents.get(`${kind}/${name}`)?.place(path) ?? { file: '', line: 1, column: 1 },
  });
}

async function readTexts(path: string): Promise<readonly ResourceText[]> {
  const texts: ResourceText[] = [];
  const problems: Problem[] = [];
  for (const file of await listFiles(path)) {
    const { size } = await stat(file.path);
    if (size > MAX_FILE_BYTES)
      problems.push({ file: file.shown, line: 1, column: 1, message: `the file has ${size} bytes, the limit is ${MAX_FILE_BYTES}`, fix: 'split it' });
    else texts.push({ file: file.shown, text: await readFile(file.path, 'utf8') });
  }
  if (problems.length > 0) throw new ResourcesError(problems);
  return texts;
}

async function listFiles(path: string): Promise<readonly { readonly path: string; readonly shown: string }[]> {
  const info = await stat(path).catch((cause: unknown) => {
    throw new SallyportError('resources_invalid', `the resources ${path} cannot be read`, { hint: 'name a folder or a file that is there', cause });
  });
  if (!info.isDirectory()) return [{ path, shown: path }];
  const files = await listFolder(path, 1);
  return files.toSorted((a, b) => (a < b ? -1 : 1)).map((file) => ({ path: file, shown: relative(path, file) }));
}

async function listFolder(folder: string, deeper: number): Promise<string[]> {
  const files: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    // Editors and Kubernetes volumes keep copies under names that begin with a dot.
    if (entry.name.startsWith('.')) continue;
    const path = join(folder, entry.name);
    const info = await stat(path);
    if (info.isDirectory() && deeper > 0) files.push(...(await listFolder(path, deeper - 1)));
    else if (info.isFile() && /\.ya?ml$/.test(entry.name)) files.push(path);
  }
  return files;
}

const byPlace = (a: Place, b: Place): number => (a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line || a.column - b.column);
