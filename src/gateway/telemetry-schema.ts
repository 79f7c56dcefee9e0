import { z } from 'zod';
import { outgoingSchema, secretSchema } from './notify-schema.ts';

export const metricsSchema = z.strictObject({
  token: secretSchema
    .optional()
    .describe('What a scrape sends as `Authorization: Bearer`. Needed where `listen.metrics` is not an address of this machine alone.'),
});

export const tracesSchema = z.strictObject({
  url: outgoingSchema.describe('Where spans are sent by OTLP/HTTP in JSON: `http://collector:4318/v1/traces`.'),
  headers: z
    .record(z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/, 'the name of an HTTP header'), secretSchema)
    .default({})
    .describe('Headers of the requests, such as `Authorization: { file: /run/secrets/otlp }`.'),
  ratio: z.number().min(0).max(1).default(1).describe('Share of the traces that begin at the gateway: 1 is all, 0.01 one in a hundred.'),
  parent: z.enum(['follow', 'ignore']).default('follow').describe('Whether a caller that is in a trace says itself if it is sampled.'),
});

export const logSchema = z.strictObject({
  level: z.enum(['debug', 'info', 'warn', 'error']).default('info').describe('What is less is not written.'),
  format: z.enum(['json', 'text']).optional().describe('One JSON object a line, or text. Default: text where standard error is a terminal, else JSON.'),
});

export const telemetrySchema = z.strictObject({
  traces: tracesSchema.optional().describe('Spans of commands for OpenTelemetry. Off where absent.'),
  log: logSchema.prefault({}).describe("The gateway's own log, on standard error."),
  metrics: metricsSchema.prefault({}).describe('Who may read the metrics.'),
});
