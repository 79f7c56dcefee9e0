// Runs test files with node:test, each in its own process, and adds up what they report.
import { availableParallelism } from 'node:os';
import { relative } from 'node:path';
import { run } from 'node:test';
import { inspect } from 'node:util';

/** A file that does not end by itself has left something open: it fails. */
const FILE_TIMEOUT = 10 * 60_000;

/** `{ passed, failed, skipped, said }`; `said` names each failure with its error, and holds what failed files printed. */
export async function runTestFiles(files) {
  const outcome = { passed: 0, failed: 0, skipped: 0, said: '' };
  if (files.length === 0) return outcome;
  const notes = [];
  const printed = new Map();
  const failedFiles = new Set();
  const events = run({ files, concurrency: availableParallelism(), timeout: FILE_TIMEOUT });
  for await (const { type, data } of events) {
    const text = type === 'test:stdout' || type === 'test:stderr' ? data.message : type === 'test:diagnostic' ? `${data.message}\n` : '';
    if (data.file !== undefined) printed.set(data.file, (printed.get(data.file) ?? '') + text);
    if (type === 'test:summary' && data.file === undefined) Object.assign(outcome, countsOf(data.counts));
    if ((type === 'test:pass' || type === 'test:fail') && data.skip !== undefined)
      notes.push(`skipped ${data.name}: ${data.skip === true ? 'no reason given' : data.skip}`);
    if (type !== 'test:fail' || data.todo !== undefined) continue;
    failedFiles.add(data.file);
    if (data.details.error?.failureType !== 'subtestsFailed') notes.push(failureText(data));
  }
  const output = [...printed].flatMap(([file, text]) =>
    failedFiles.has(file) ? [`printed by ${file && relative('.', file)}:`, text.trimEnd()] : notPresent(text),
  );
  return { ...outcome, said: [...notes, ...output].join('\n') };
}

function countsOf({ passed, failed, cancelled, skipped, todo }) {
  return { passed, failed: failed + cancelled, skipped: skipped + todo };
}

function failureText({ name, file, line, details }) {
  const cause = details.error?.cause ?? details.error;
  const text = cause instanceof Error ? (cause.stack ?? cause.message) : typeof cause === 'string' ? cause : inspect(cause, { depth: 4 });
  const where = file === undefined ? '' : ` (${relative('.', file)}${line === undefined ? '' : `:${line}`})`;
  return `FAILED ${name}${where}\n${text.replace(/^/gm, '    ')}`;
}

/** Cases that are kept outside the repository and are not on this machine. */
function notPresent(text) {
  return text.split('\n').filter((line) => line.includes('not present'));
}
