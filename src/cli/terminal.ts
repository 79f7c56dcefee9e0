import { createInterface } from 'node:readline/promises';
import { SallyportError } from '../core/error.ts';
import { escapeLines, printableJson } from './escape.ts';

/** Where the command line reads and writes. Everything that is printed goes through here, escaped. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether somebody looks at the answer as it comes. */
  readonly isScreen: boolean;
  /** A line of the answer. */
  line(text: string): void;
  /** The answer of `--json`. */
  json(value: unknown): void;
  /** A line beside the answer: errors, hints, notes. */
  note(text: string): void;
  /** All of standard input, which must be short, without its last line end. */
  readInput(): Promise<string>;
  /** Standard input as it comes. */
  input(): AsyncIterable<Uint8Array>;
  /** Bytes of the answer as they are, once the reader takes them. Only for what has lost its control characters. */
  write(bytes: Uint8Array): Promise<void>;
  ask(question: string): Promise<string>;
  /** The same, without an echo. */
  askSecret(question: string): Promise<string>;
}

const MAX_INPUT = 4096;

export function processTerminal(): Terminal {
  return {
    env: process.env,
    isScreen: process.stdout.isTTY,
    line: (text) => void process.stdout.write(`${escapeLines(text)}\n`),
    json: (value) => void process.stdout.write(`${printableJson(value)}\n`),
    note: (text) => void process.stderr.write(`${escapeLines(text)}\n`),
    readInput,
    input: () => process.stdin,
    write: writeBytes,
    ask,
    askSecret,
  };
}

function writeBytes(bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(bytes, (error) => (error ? reject(error) : resolve()));
  });
}

async function readInput(): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of process.stdin) {
    const bytes = chunk as Buffer; // no encoding is set
    size += bytes.length;
    if (size > MAX_INPUT) throw new SallyportError('usage', `standard input holds more than ${MAX_INPUT} bytes`);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks)
    .toString('utf8')
    .replace(/\r?\n$/, '');
}

async function ask(question: string): Promise<string> {
  requireTerminal('--name NAME');
  const reader = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await reader.question(question);
  } finally {
    reader.close();
  }
}

async function askSecret(question: string): Promise<string> {
  requireTerminal('--password-stdin');
  process.stderr.write(question);
  process.stdin.setRawMode(true);
  try {
    return await readSecretLine();
  } finally {
    process.stdin.setRawMode(false);
    process.stdin.pause();
    process.stderr.write('\n');
  }
}

/** In raw mode every key arrives as it is: line ends, erasing and Ctrl-C are ours to see to. */
async function readSecretLine(): Promise<string> {
  let typed: readonly string[] = [];
  for await (const chunk of process.stdin.iterator({ destroyOnReturn: false })) {
    const keys = (chunk as Buffer).toString('utf8'); // no encoding is set
    for (const key of keys) {
      if (key === '\r' || key === '\n' || key === '\u0004') return typed.join('');
      if (key === '\u0003') throw new SallyportError('forbidden', 'interrupted');
      typed = key === '\u007f' || key === '\b' ? typed.slice(0, -1) : [...typed, key];
    }
  }
  return typed.join('');
}

function requireTerminal(instead: string): void {
  if (process.stdin.isTTY) return;
  throw new SallyportError('usage', 'there is no terminal to ask on', { hint: `use ${instead}` });
}
