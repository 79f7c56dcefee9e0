import { resolve } from 'node:path';
import type { Invocation } from '../command.ts';
import { openCast } from '../demo/cast.ts';
import { tellStory } from '../demo/story.ts';
import { walk } from '../demo/walk.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';

/** Uses the real endpoints only: what it does, any MCP client and any browser can do. */
export async function run(invocation: Invocation): Promise<ExitCode> {
  const { terminal, options } = invocation;
  const cast = await openCast(resolve(options['data'] ?? terminal.env['SALLYPORT_DATA'] ?? '.sallyport'));
  const story = tellStory(invocation);
  await walk(cast, story);
  story.end();
  return EXIT.ok;
}
