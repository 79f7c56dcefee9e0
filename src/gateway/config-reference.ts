import { z } from 'zod';
import { referenceTable } from '../policy/reference.ts';
import { vaultSchema } from './audit-schema.ts';
import { auditWebhookSchema, fileSchema, objectLockSchema, otlpSchema, s3Schema, syslogSchema, syslogTlsSchema } from './sinks-schema.ts';
import { credentialsSchema, kvVaultSchema, vaultAuthSchema } from './credentials-schema.ts';
import { configSchema } from './config-schema.ts';
import { logSchema, metricsSchema, telemetrySchema, tracesSchema } from './telemetry-schema.ts';
import { oidcSchema } from './oidc-schema.ts';
import { emailSchema, slackSchema, webhookSchema } from './notify-schema.ts';

/** JSON schema of `sallyport.yaml`, for editors. It says less than loading does. */
export function configJsonSchema(): Readonly<Record<string, unknown>> {
  return { ...z.toJSONSchema(configSchema, { io: 'input', reused: 'inline' }), title: 'Sallyport configuration' };
}

/** The tables of the reference page. */
export function configTables(): string {
  const { listen, identity, masking, audit } = configSchema.shape;
  const issuer = identity.unwrap().shape.issuers.unwrap().element;
  const provider = identity.unwrap().shape.providers.unwrap().element;
  return [
    referenceTable('sallyport.yaml', configSchema),
    referenceTable('listen', listen),
    referenceTable('identity', identity),
    referenceTable('identity: issuers', issuer),
    referenceTable('identity: issuers: claims', issuer.shape.claims),
    referenceTable('identity: providers', provider),
    referenceTable('identity: providers: oidc', oidcSchema),
    referenceTable('identity: providers: oidc: claims', oidcSchema.shape.claims),
    referenceTable('identity: providers: oidc: groups', oidcSchema.shape.groups),
    referenceTable('credentials', credentialsSchema),
    referenceTable('credentials: vaults', kvVaultSchema),
    referenceTable('credentials: vaults: auth', vaultAuthSchema),
    referenceTable('masking: analyzer', masking.unwrap().shape.analyzer.unwrap()),
    referenceTable('telemetry', telemetrySchema),
    referenceTable('telemetry: log', logSchema),
    referenceTable('telemetry: metrics', metricsSchema),
    referenceTable('telemetry: traces', tracesSchema),
    referenceTable('audit', audit),
    referenceTable('audit: recordingKey: vault', vaultSchema),
    referenceTable('audit: sinks: s3', s3Schema),
    referenceTable('audit: sinks: s3: objectLock', objectLockSchema),
    referenceTable('audit: sinks: otlp', otlpSchema),
    referenceTable('audit: sinks: syslog', syslogSchema),
    referenceTable('audit: sinks: syslog: tls', syslogTlsSchema),
    referenceTable('audit: sinks: webhook', auditWebhookSchema),
    referenceTable('audit: sinks: file', fileSchema),
    referenceTable('notify: slack', slackSchema),
    referenceTable('notify: email', emailSchema),
    referenceTable('notify: webhook', webhookSchema),
  ].join('\n');
}
