import { hostname } from 'node:os';
import { resolve } from 'node:path';
import type { SinkSettings } from '../audit/sinks/settings.ts';
import type { S3Settings } from '../audit/sinks/s3.ts';
import type { SyslogSettings } from '../audit/sinks/syslog.ts';
import { readDuration } from '../policy/duration.ts';
import { sinkName, type SinkDocument } from './sinks-schema.ts';

type Document<K extends string> = Extract<SinkDocument, Readonly<Record<K, unknown>>> extends Readonly<Record<K, infer D>> ? D : never;

/** What a sink runs with: times in milliseconds, paths absolute. `folder`: that of the configuration file. */
export function sinkSettings(document: SinkDocument, folder: string): SinkSettings {
  const name = sinkName(document);
  if ('s3' in document) return { name, kind: 's3', settings: s3Settings(document.s3, folder) };
  if ('otlp' in document) return { name, kind: 'otlp', settings: httpSettings(document.otlp, folder) };
  if ('syslog' in document) return { name, kind: 'syslog', settings: syslogSettings(document.syslog, folder) };
  if ('webhook' in document) return { name, kind: 'webhook', settings: httpSettings(document.webhook, folder) };
  return { name, kind: 'file', settings: { ...document.file, path: resolve(folder, document.file.path) } };
}

const milliseconds = (text: string): number => readDuration(text) ?? 0;

function httpSettings<T extends { readonly timeout: string; readonly ca?: string | undefined }>(document: T, folder: string) {
  const { timeout, ca, ...rest } = document;
  return { ...rest, timeoutMs: milliseconds(timeout), ...(ca === undefined ? {} : { ca: resolve(folder, ca) }) };
}

function s3Settings(document: Document<'s3'>, folder: string): S3Settings {
  const { every, endpoint, sessionToken, objectLock, ...rest } = httpSettings(document, folder);
  return {
    ...rest,
    everyMs: milliseconds(every),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(sessionToken ? { sessionToken } : {}),
    ...(objectLock ? { objectLock: { mode: objectLock.mode === 'compliance' ? 'COMPLIANCE' : 'GOVERNANCE', days: objectLock.days } } : {}),
  };
}

function syslogSettings({ address, tls, timeout, hostName = hostname(), ...rest }: Document<'syslog'>, folder: string): SyslogSettings {
  const colon = address.lastIndexOf(':');
  return {
    ...rest,
    hostName,
    host: address.slice(0, colon).replace(/^\[|\]$/g, ''),
    port: Number(address.slice(colon + 1)),
    timeoutMs: milliseconds(timeout),
    ...(tls === 'none' ? {} : { tls: tlsSettings(tls, folder) }),
  };
}

function tlsSettings({ serverName, ca, cert, key }: Exclude<Document<'syslog'>['tls'], 'none'>, folder: string): NonNullable<SyslogSettings['tls']> {
  return {
    ...(ca === undefined ? {} : { ca: resolve(folder, ca) }),
    ...(cert === undefined ? {} : { cert: resolve(folder, cert) }),
    ...(key === undefined ? {} : { key: resolve(folder, key) }),
    ...(serverName === undefined ? {} : { serverName }),
  };
}
