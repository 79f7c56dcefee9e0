/**
 * The command line. `bin/sallyport` runs this file.
 * Owns: words, options, what is printed and the exit code. Reaches a gateway through its HTTP API only, as any client
 * does; what is said to work offline reads files and asks no gateway. Nothing in the product imports this folder.
 */
import { processTerminal } from './terminal.ts';
import { runCommandLine } from './run.ts';

const words = process.argv.slice(2);

/** What a shell reports of a program that SIGPIPE ended; Node turns the signal off. */
const CLOSED_PIPE = 128 + 13;

// A reader that has seen enough (`| head`) ends a command without a word; a gateway goes on without its reader.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    if (words[0] !== 'start') process.exit(CLOSED_PIPE);
  });
}

process.exitCode = await runCommandLine(words, processTerminal());
