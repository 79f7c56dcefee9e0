import type { Invocation } from '../command.ts';
import { openCast } from '../demo/cast.ts';
import { tellStory } from '../demo/story.ts';
import { walk } from '../demo/walk.ts';
import { EXIT, type ExitCode } from '../exit-code.ts';
import { dataFolder } from '../record-files.ts';

/** Uses the real endpoints only: what it does, any MCP client and any browser can do. */
export async function run(invocation: Invocation): Promise<ExitCode> {
  const cast = await openCast(dataFolder(invocation));
  const story = tellStory(invocation);
  await walk(cast, story);
  story.end();
  return EXIT.ok;
}
