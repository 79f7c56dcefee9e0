/** `call-tool NAME JSON`: one tool call as any client makes it, for scripts in which something has to have happened. */
import { callRaw } from '../support/raw.ts';

const [name = '', args = '{}'] = process.argv.slice(2);
const { SALLYPORT_ENDPOINT = '', SALLYPORT_TOKEN = '' } = process.env;
// The script's own text: an object.
const { message } = await callRaw(SALLYPORT_ENDPOINT, SALLYPORT_TOKEN, name, JSON.parse(args) as object);
process.stdout.write(`${message.result?.content?.map(({ text }) => text).join('\n') ?? message.error?.message ?? 'no answer'}\n`);
