import { ask, type Answer } from './ask.ts';

export type Posted = Pick<Answer, 'status' | 'body'>;

/** One request to a configured address. Throws `upstream_unreachable` where there was no answer. */
export type Post = (
  url: string,
  message: { readonly headers: Readonly<Record<string, string>>; readonly body: string },
  signal: AbortSignal,
) => Promise<Posted>;

export const post: Post = async (url, { headers, body }, signal) => {
  const { status, body: text } = await ask({ url, method: 'POST', headers, body, reach: 'configured', signal });
  return { status, body: text };
};
