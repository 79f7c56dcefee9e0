import { createFileSink, type FileSettings } from './file.ts';
import type { SinkDeps } from './deps.ts';
import { createOtlpSink, type OtlpSettings } from './otlp.ts';
import { createS3Sink, type S3Settings } from './s3.ts';
import type { Sink } from './sink.ts';
import { createSyslogSink, type SyslogSettings } from './syslog.ts';
import { createWebhookSink, type WebhookSettings } from './webhook.ts';

/** One configured sink: its name, and the settings of its kind. */
export type SinkSettings = { readonly name: string } & (
  | { readonly kind: 's3'; readonly settings: S3Settings }
  | { readonly kind: 'otlp'; readonly settings: OtlpSettings }
  | { readonly kind: 'syslog'; readonly settings: SyslogSettings }
  | { readonly kind: 'webhook'; readonly settings: WebhookSettings }
  | { readonly kind: 'file'; readonly settings: FileSettings }
);

/** `notes`: a file that the sink may keep beside its position. */
export function createSink(one: SinkSettings, deps: SinkDeps & { readonly notes: string }): Sink {
  switch (one.kind) {
    case 's3':
      return createS3Sink(one.settings, deps);
    case 'otlp':
      return createOtlpSink(one.settings, deps);
    case 'syslog':
      return createSyslogSink(one.settings, deps);
    case 'webhook':
      return createWebhookSink(one.settings, deps);
    case 'file':
      return createFileSink(one.settings, deps);
    default:
      return one satisfies never;
  }
}
