import type { Subject } from '../../core/subject.ts';
import { OWN_API } from '../audience.ts';

/** The command line as a client of the OAuth server: known to every gateway, without a secret, with redirects to the machine that it runs on. */
export const COMMAND_LINE = 'sallyport-cli';

export const commandLineClient: Readonly<Record<string, unknown>> = {
  client_id: COMMAND_LINE,
  client_name: 'the command line, sallyport',
  application_type: 'native',
  token_endpoint_auth_method: 'none',
  redirect_uris: ['http://127.0.0.1/callback', 'http://[::1]/callback'],
  grant_types: ['authorization_code', 'urn:ietf:params:oauth:grant-type:device_code'],
  response_types: ['code'],
};

/** Whether a person may let a client connect to it: the gateway's own API is every person's, and nobody else's. */
export function mayConnect(subject: Subject, target: string, mayReach: (subject: Subject, target: string) => boolean): boolean {
  return target === OWN_API ? subject.kind === 'person' && subject.onBehalfOf === undefined : mayReach(subject, target);
}
