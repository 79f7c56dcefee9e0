/**
 * Resources: the YAML documents of kind Target, Policy and Alert, read and checked as one set.
 * Owns: files, syntax, shape, and what can be said of a document by itself and of the set. Called by the gateway, the
 * CLI and `watchResources`. Must not know: subjects on the line, commands, decisions (`snapshot.ts`).
 */
import type { MaskRule } from '../core/decision.ts';
import type { JsonValue } from '../core/json.ts';
import type { Target } from '../core/target.ts';
import type { AlertDocument } from './alert-schema.ts';
import { readDocuments, type Document } from './document.ts';
import { ResourcesError, type Place } from './problem.ts';
import { readResourceTexts, type ResourceText } from './resource-files.ts';
import { checkDocument, type Checked } from './shape.ts';
import type { PolicyDocument } from './schema.ts';
import { toTarget } from './target.ts';
import { setProblems } from './consistency.ts';
import type { ToolSchemas } from './tool-arguments.ts';

export interface ResourceOptions {
  /** Names of the detectors that `detect` may name. Absent: any. */
  readonly detectors?: readonly string[];
  /** Those of them that an analyzer finds: in replies, but not for a decision. */
  readonly analyzed?: readonly string[];
  /** Protocols that this gateway speaks. */
  readonly protocols?: readonly string[];
  /** Tells which of the kinds of values occur in what a caller sends; without it `detected` in `when` is an error. */
  readonly detect?: DetectKinds;
  /** Schemas of tools, where they are known: what rules ask of arguments is checked against them. */
  readonly tools?: ToolSchemas;
}

/** `masks` bring the policy's own patterns and words. */
export type DetectKinds = (kinds: readonly string[], masks: readonly MaskRule[]) => (value: JsonValue) => ReadonlySet<string>;

/** A set in which every document is sound. What a document is called is unique within its kind. */
export interface Resources {
  readonly targets: readonly Target[];
  readonly policies: readonly PolicyDocument[];
  readonly alerts: readonly AlertDocument[];
  readonly detect?: DetectKinds;
  /** Where a part of a document stands, for messages. */
  place(kind: 'Target' | 'Policy' | 'Alert', name: string, path: readonly PropertyKey[]): Place;
}

/** Reads a file, or all `*.yaml` and `*.yml` of a folder and its folders. Throws ResourcesError with every problem found. */
export async function loadResources(path: string, options: ResourceOptions = {}): Promise<Resources> {
  return parseResources(await readResourceTexts(path), options);
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
    alerts: sound.flatMap(({ value }) => (value.kind === 'Alert' ? [value] : [])),
    place: (kind: string, name: string, path: readonly PropertyKey[]) => documents.get(`${kind}/${name}`)?.place(path) ?? { file: '', line: 1, column: 1 },
  });
}

const byPlace = (a: Place, b: Place): number => (a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line || a.column - b.column);
