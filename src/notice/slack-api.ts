import { SallyportError } from '../core/error.ts';
import type { ReadSecretSource } from '../credential/secret-reader.ts';
import { isJsonObject, parseJson, type JsonObject } from '../core/json.ts';
import type { Post } from '../network/post.ts';
import type { SlackSettings } from './settings.ts';

/** One method of Slack's Web API. Throws `upstream_invalid` with Slack's own word where it says no. */
export type SlackCall = (method: string, parameters: JsonObject | Readonly<Record<string, string>>, signal: AbortSignal) => Promise<JsonObject>;

/** These take forms only. */
const BY_FORM: ReadonlySet<string> = new Set(['users.info', 'users.lookupByEmail']);
/** Asking again does not help. */
const FINAL: ReadonlySet<string> = new Set([
  'invalid_auth',
  'not_authed',
  'account_inactive',
  'token_revoked',
  'channel_not_found',
  'not_in_channel',
  'is_archived',
  'invalid_blocks',
  'users_not_found',
]);

export function createSlackCall({ token, api }: Pick<SlackSettings, 'token' | 'api'>, post: Post, readSecret: ReadSecretSource): SlackCall {
  return async (method, parameters, signal) => {
    const secret = await readSecret(token);
    const form = BY_FORM.has(method);
    const headers = {
      authorization: `Bearer ${secret.reveal()}`,
      'content-type': form ? 'application/x-www-form-urlencoded' : 'application/json; charset=utf-8',
      'user-agent': 'sallyport',
    };
    // What goes by form is text only.
    const body = form ? new URLSearchParams(parameters as Record<string, string>).toString() : JSON.stringify(parameters);
    const { status, body: text } = await post(`${api}/${method}`, { headers, body }, signal);
    if (status !== 200) throw new SallyportError('upstream_invalid', `Slack answered ${method} with HTTP ${status}`);
    const reply = parseJson(text, { depth: 64 });
    if (isJsonObject(reply) && reply['ok'] === true) return reply;
    const word = isJsonObject(reply) && typeof reply['error'] === 'string' ? reply['error'].slice(0, 100) : 'no error';
    throw new SallyportError(FINAL.has(word) ? 'usage' : 'upstream_invalid', `Slack refused ${method}: ${word}`);
  };
}
