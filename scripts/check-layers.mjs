// Keeps the folders of src/ in their order: an import points to a lower layer, or stays in its own folder.
// A module counts as imported wherever its relative path is quoted, so `import()`, re-exports and worker URLs count too.
//
//   node scripts/check-layers.mjs [FOLDER]     the folder that holds src/; exits 1 on a violation, and where it reads no file
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';

/** Lowest first. Folders of one layer do not see each other. */
const LAYERS = [
  ['core'],
  ['network'],
  ['policy', 'approval', 'lock', 'credential', 'masking', 'audit', 'storage', 'identity', 'telemetry'],
  ['protocols', 'notice', 'alert'],
  ['api'],
  ['gateway'],
  ['cli'],
];

/** Those that keep rows. */
const MAY_IMPORT_STORAGE = ['approval', 'audit', 'credential', 'identity', 'lock'];

/** Loads what its callers name by a literal path of their own, where it is checked. */
const MAY_COMPUTE_IMPORTS = ['src/storage/sqlite-worker.ts'];

const root = process.argv[2] ?? join(import.meta.dirname, '..');
const files = globSync('src/**/*.ts', { cwd: root }).toSorted();
const problems = files.flatMap((file) => violations(file, readFileSync(join(root, file), 'utf8')));
for (const problem of problems) console.error(problem);
console.log(`layers: ${files.length} files read, ${problems.length} violations`);
if (files.length === 0) console.error(`no TypeScript file under ${relative(process.cwd(), join(root, 'src')) || '.'}`);
process.exitCode = files.length === 0 || problems.length > 0 ? 1 : 0;

function violations(file, source) {
  const code = withoutComments(source);
  const unread =
    !file.endsWith('.test.ts') && !MAY_COMPUTE_IMPORTS.includes(file) && /\bimport\((?!\s*['"`])/.test(code)
      ? [`${file}: a computed import() cannot be checked: write the path as a literal`]
      : [];
  const imported = [...code.matchAll(/(['"`])(\.{1,2}\/[^'"`\n]*\.[cm]?[jt]sx?)\1/g)].map((match) => normalize(join(dirname(file), match[2])));
  const refused = imported.flatMap((target) => {
    const reason = whyRefused(file, target);
    return reason === undefined ? [] : [`${file}: imports ${target}: ${reason}`];
  });
  return [...unread, ...refused];
}

/** Whole comment lines only: a path in a sentence is no import. */
function withoutComments(source) {
  return source.replace(/^\s*(?:\/\/|\*(?!\/)|\/\*\*).*$/gm, '');
}

function whyRefused(file, target) {
  if (!target.startsWith('src/')) return whyOutsideRefused(file, target);
  const [from, to] = [folderOf(file), folderOf(target)];
  if (layerOf(from) < 0) return `\`${from}\` has no layer: add it to scripts/check-layers.mjs`;
  if (layerOf(to) < 0) return `\`${to}\` has no layer: add it to scripts/check-layers.mjs`;
  if (layerOf(to) > layerOf(from)) return `upward, from ${from} to ${to}`;
  if (from === to) return from === 'protocols' ? whyProtocolRefused(file, target) : undefined;
  if (layerOf(to) < layerOf(from)) return undefined;
  return to === 'storage' && MAY_IMPORT_STORAGE.includes(from) ? undefined : `${from} and ${to} are of one layer`;
}

/** Tests may use what tests share; the command line starts the demo. */
function whyOutsideRefused(file, target) {
  if (target.startsWith('test/') && file.endsWith('.test.ts')) return undefined;
  if (target.startsWith('examples/') && folderOf(file) === 'cli') return undefined;
  return 'src imports nothing from outside';
}

/** Directly in src/protocols/ lie what protocols share and the list of them all. */
function whyProtocolRefused(file, target) {
  const [from, to] = [protocolOf(file), protocolOf(target)];
  return from === undefined || to === undefined || from === to ? undefined : `protocol ${from} does not know protocol ${to}`;
}

function folderOf(file) {
  return file.split('/')[1];
}

function protocolOf(file) {
  const [, , protocol, ...rest] = file.split('/');
  return rest.length === 0 ? undefined : protocol;
}

function layerOf(folder) {
  return LAYERS.findIndex((folders) => folders.includes(folder));
}
