/**
 * The command line. `bin/sallyport` runs this file.
 * Owns: words, options, what is printed and the exit code. Reaches a gateway through its HTTP API only, as any client
 * does; what is said to work offline reads files and asks no gateway. Nothing in the product imports this folder.
 */
import { processTerminal } from './terminal.ts';
import { runCommandLine } from './run.ts';

process.exitCode = await runCommandLine(process.argv.slice(2), processTerminal());
