import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { createTransport } from 'nodemailer';
import { SallyportError } from '../core/error.ts';
import type { ReadSecretSource } from '../credential/secret-reader.ts';
import { withinReach } from '../network/address.ts';
import { outOfReach } from '../network/guarded-lookup.ts';
import { addressesOf } from './addressees.ts';
import type { Channel, Sending } from './channel.ts';
import type { Links } from './links.ts';
import type { Notice } from './notice.ts';
import type { EmailSettings } from './settings.ts';

const TIMEOUT_MS = 15_000;

/** Plain text, one message to each address, because a link is for one person. */
export function createEmail(settings: EmailSettings, links: Links, readSecret: ReadSecretSource): Channel {
  async function send(notice: Notice, to: string, { id, signal }: Sending): Promise<undefined> {
    const person = Object.hasOwn(settings.people, to) ? settings.people[to] : undefined;
    const link = person === undefined || notice.kind === 'alert' ? undefined : await links.make(notice.approval, person);
    const transport = createTransport(await transportOptions(settings.smtp, readSecret));
    const cut = (): void => transport.close();
    signal.addEventListener('abort', cut, { once: true });
    try {
      await transport.sendMail({
        from: settings.from,
        to: { name: '', address: to },
        subject: notice.title,
        // The same for all tries: mail programs show a repeat once.
        messageId: `<${id}@${settings.from.slice(settings.from.lastIndexOf('@') + 1)}>`,
        text: mailText(notice, link),
        disableFileAccess: true,
        disableUrlAccess: true,
      });
    } catch (cause) {
      throw new SallyportError('upstream_unreachable', `the mail server ${settings.smtp.host} did not take the message`, { cause });
    } finally {
      signal.removeEventListener('abort', cut);
      transport.close();
    }
    return undefined;
  }
  return {
    id: `email ${settings.from} ${settings.smtp.host}:${settings.smtp.port}`,
    readers: 'people',
    limit: 20_000,
    addresses: (who) => addressesOf(settings.to, who),
    name: (to) => `e-mail ${to}`,
    send,
  };
}

/** The address is looked up once, checked, and dialled; the certificate is still that of the name. */
async function transportOptions({ host, port, security, user, password }: EmailSettings['smtp'], readSecret: ReadSecretSource) {
  const address = isIP(host) === 0 ? (await lookup(host)).address : host;
  if (!withinReach(address, 'configured')) throw outOfReach(host);
  const secret = password === undefined ? undefined : await readSecret(password);
  return {
    host: address,
    port,
    secure: security === 'tls',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'none',
    tls: isIP(host) === 0 ? { servername: host } : {},
    connectionTimeout: TIMEOUT_MS,
    greetingTimeout: TIMEOUT_MS,
    socketTimeout: TIMEOUT_MS,
    ...(user !== undefined && secret ? { auth: { user, pass: secret.reveal() } } : {}),
  };
}

function mailText(notice: Notice, link: string | undefined): string {
  const { kind, title, facts, url } = notice;
  const width = Math.max(...facts.map(([name]) => name.length));
  const how =
    link === undefined
      ? [`${kind === 'requested' ? 'Answer' : 'See'} it in the console: ${url}`]
      : [`To answer, open this link. It is for you alone and works once; opening it answers nothing yet:`, link, '', `Or use the console: ${url}`];
  const shown =
    notice.kind === 'alert'
      ? []
      : [
          'The command, exactly as it would run (characters that do not show are written as \\u{...}):',
          '',
          notice.command.text,
          ...(notice.command.shortened ? ['', notice.command.shortened] : []),
          '',
        ];
  return [title, '', ...facts.map(([name, value]) => `${name.padEnd(width)}  ${value}`), '', ...shown, ...how, ''].join('\n');
}
