import type Provider from 'oidc-provider';
import type { DeviceCode } from 'oidc-provider';
import type { Subject } from '../../core/subject.ts';
import { targetUrl } from '../audience.ts';
import { clientView, makeGrant, type ClientView } from './authorizations.ts';
import { resourceTarget } from './resources.ts';
import { writeSubjectId } from './subject-id.ts';

/** What a program without a browser asks for, while it shows its person a code. */
export interface DeviceRequest {
  readonly userCode: string;
  readonly client: ClientView;
  readonly target: string;
  readonly scope: string;
  /** From where it was asked; believed by nobody. */
  readonly address: string | undefined;
}

export interface Devices {
  /** By the code that a person typed; undefined for one that is unknown, used or expired. */
  find(typed: string): Promise<DeviceRequest | undefined>;
  /** False where it is no longer there to be answered. */
  allow(request: DeviceRequest, subject: Subject): Promise<boolean>;
  refuse(request: DeviceRequest): Promise<boolean>;
}

/** Eight of twenty consonants, as the provider makes them. */
const USER_CODE = /^[BCDFGHJKLMNPQRSTVWXZ]{8}$/;

export function openDevices(provider: Provider, url: string): Devices {
  async function open(typed: string): Promise<DeviceCode | undefined> {
    const normal = typed
      .slice(0, 32)
      .toUpperCase()
      .replaceAll(/[^A-Z]/g, '');
    if (!USER_CODE.test(normal)) return undefined;
    const code = await provider.DeviceCode.findByUserCode(normal, {});
    return code && !code.accountId && !code.error && !code.isExpired ? code : undefined;
  }

  return {
    async find(typed) {
      const code = await open(typed);
      const { resource, scope } = code?.params ?? {};
      const target = typeof resource === 'string' ? resourceTarget(resource, url) : undefined;
      const client = code?.clientId === undefined ? undefined : await clientView(provider, code.clientId);
      if (!code || !client || target === undefined || typeof scope !== 'string') return undefined;
      const address = code.deviceInfo?.['ip'];
      return { userCode: code.userCode, client, target, scope, address: typeof address === 'string' ? address : undefined };
    },
    async allow(request, subject) {
      const code = await open(request.userCode);
      if (!code) return false;
      const grantId = await makeGrant(provider, { subject, clientId: request.client.id, target: request.target, scope: request.scope }, url);
      Object.assign(code, { accountId: writeSubjectId(subject), grantId, scope: request.scope, resource: targetUrl(url, request.target) });
      await code.save();
      return true;
    },
    async refuse(request) {
      const code = await open(request.userCode);
      if (!code) return false;
      Object.assign(code, { error: 'access_denied', errorDescription: 'the person said no' });
      await code.save();
      return true;
    },
  };
}
