import { clientErrorPage } from '../api/oauth/page.ts';
import { LOCAL_ISSUER } from '../identity/local-issuer.ts';
import { COMMAND_LINE, commandLineClient, mayConnect } from '../identity/oauth/command-line.ts';
import { createOAuthServer, type OAuthServer } from '../identity/oauth/server.ts';
import type { Log } from '../core/log.ts';
import type { Recorder } from '../core/recorder.ts';
import type { Snapshot } from '../policy/snapshot.ts';
import type { Storage } from '../storage/storage.ts';
import type { Config } from './config.ts';
import type { Identity } from './identity.ts';
import { openMachines } from './machines.ts';
import { installationKey } from './installation-keys.ts';

export interface OAuthParts {
  readonly url: string;
  readonly keysFolder: string;
  readonly storage: Storage;
  readonly recorder: Recorder;
  readonly identity: Identity;
  readonly config: Pick<Config, 'machines' | 'issuers' | 'providers'>;
  readonly snapshot: () => Snapshot;
  readonly log: Log;
}

/** The OAuth server, asked of the rest of the gateway: who is who now, who may reach what, what has ended. */
export async function openOAuth({ url, keysFolder, storage, recorder, identity, config, snapshot, log }: OAuthParts): Promise<OAuthServer> {
  const { accounts, directory, locks, revocations, signing } = identity;
  const machines = openMachines({ ...config, url, storage, identity });
  const server = createOAuthServer({
    clients: (clientId) => (clientId === COMMAND_LINE ? commandLineClient : machines.clients.describe(clientId)),
    url,
    keys: signing,
    storage,
    recorder,
    cookieKey: await installationKey(keysFolder, 'oauth'),
    async currentSubject(name, since) {
      const subject = name.issuer === LOCAL_ISSUER ? await accounts.find(name.id, since) : await directory.find(name, since);
      if (!subject || subject.kind !== name.kind) return undefined;
      return (await locks.findNow({ subject })) ? undefined : subject;
    },
    mayReach: (subject, target) => mayConnect(subject, target, (one, name) => snapshot().mayReach(one, name)),
    endGrant: (grantId) => revocations.end(grantId),
    errorPage: clientErrorPage,
    report: (error) => log.error('oauth', error),
  });
  for (const grant of machines.grants) server.addGrant(grant);
  return server;
}
