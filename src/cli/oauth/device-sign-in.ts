import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { SallyportError } from '../../core/error.ts';
import type { AuthorizationServer } from './server.ts';
import { readSmallJson } from './small-json.ts';
import { readTokenAnswer, signInRefused } from './token-answer.ts';

export interface DeviceSignIn {
  readonly server: AuthorizationServer;
  readonly clientId: string;
  readonly resource: string;
  /** Tells a person where to go with which code. */
  readonly show: (where: string, code: string) => void;
  readonly wait?: (ms: number) => Promise<unknown>;
}

const GRANT = 'urn:ietf:params:oauth:grant-type:device_code';
const started = z.object({
  device_code: z.string().min(1),
  user_code: z.string().min(1).max(64),
  verification_uri: z.url(),
  expires_in: z.number().positive().max(86_400),
  interval: z.number().positive().max(60).default(5),
});

/** RFC 8628: a person answers in a browser of any machine, while this one asks from time to time. Gives the access token. */
export async function signInByDevice({ server, clientId, resource, show, wait = (ms) => sleep(ms) }: DeviceSignIn): Promise<string> {
  const begun = await readSmallJson(server.deviceEndpoint, { form: { client_id: clientId, resource } });
  const parsed = started.safeParse(begun.body);
  if (begun.status !== 200 || !parsed.success)
    throw new SallyportError('upstream_invalid', `the gateway gave no code: it answered with status ${begun.status}`);
  const { device_code: device, user_code: code, verification_uri: where, expires_in: seconds, interval } = parsed.data;
  show(where, code);
  let pauseMs = interval * 1000;
  for (let waited = 0; waited < seconds * 1000; waited += pauseMs) {
    await wait(pauseMs);
    const answer = readTokenAnswer(
      await readSmallJson(server.tokenEndpoint, { form: { grant_type: GRANT, client_id: clientId, device_code: device, resource } }),
    );
    if ('token' in answer) return answer.token;
    if (answer.error === 'slow_down') pauseMs += 5000;
    else if (answer.error === 'access_denied') throw signInRefused('the answer in the browser was no');
    else if (answer.error !== 'authorization_pending') throw signInRefused(answer.description);
  }
  throw new SallyportError('upstream_timeout', 'the code was not used in time', { hint: 'sallyport login --device' });
}
