import { z } from 'zod';
import { auditSchema } from './audit-schema.ts';
import { credentialsSchema } from './credentials-schema.ts';
import { identitySchema } from './identity-schema.ts';
import { notifySchema } from './notify-schema.ts';
import { telemetrySchema } from './telemetry-schema.ts';
import { tlsSchema } from './tls-schema.ts';
import { trustedProxiesSchema } from './trusted-proxies-schema.ts';

const httpUrl = z
  .string()
  .max(2048)
  .refine((text) => /^https?:\/\/[^/?#@\s]+\/?$/.test(text) && URL.canParse(text), {
    params: { fix: 'write scheme, host and port only: https://gateway.example.com' },
    error: 'not the base of an http(s) URL',
  });

const address = z.string().refine((text) => /^(?:\[[0-9a-fA-F:]+\]|[^\s:[\]]+):\d{1,5}$/.test(text) && Number(text.slice(text.lastIndexOf(':') + 1)) < 65_536, {
  params: { fix: 'write host:port, such as 127.0.0.1:7600' },
  error: 'not host:port',
});

const analyzer = z
  .strictObject({
    url: httpUrl.describe("Presidio's analyzer: `POST <url>/analyze`."),
    timeout: z
      .string()
      .regex(/^[1-9][0-9]{0,5}(?:ms|s)$/, 'write a number and a unit: 500ms, 5s')
      .default('5s')
      .describe('For one request, waiting for its turn included. A reply that is not analyzed in time is refused.'),
    concurrency: z.int().min(1).max(256).default(4).describe('Requests at a time.'),
    entities: z
      .array(z.string().regex(/^[A-Z][A-Z0-9_]{0,63}$/, 'a name as the analyzer has it: PERSON'))
      .min(1)
      .max(50)
      .default(['PERSON', 'LOCATION'])
      .describe('What it is asked for. Policies name `PERSON` as `detect: [person]`.'),
    language: z
      .string()
      .regex(/^[a-z]{2,3}$/, 'a language code such as en')
      .default('en')
      .describe('The language that it is told.'),
    score: z.number().min(0).max(1).default(0.5).describe('What a finding must score.'),
    maxLength: z.int().min(1).max(100_000_000).default(1_000_000).describe('Characters of one reply; a longer one is refused.'),
  })
  .describe('Finds what needs a language model.');

export const configSchema = z
  .strictObject({
    url: httpUrl.default('http://localhost:7600').describe('What clients type. Endpoints are `<url>/mcp/<target>`.'),
    listen: z
      .strictObject({
        http: address.default('127.0.0.1:7600').describe('Address and port of the HTTP listener.'),
        trustedProxies: trustedProxiesSchema,
        postgres: address.optional().describe('Address and port for PostgreSQL clients, such as `127.0.0.1:7632`. Off where absent.'),
        metrics: address.optional().describe('Address and port of `GET /metrics` for Prometheus, such as `127.0.0.1:7601`. Off where absent.'),
      })
      .prefault({})
      .describe('Where the gateway listens.'),
    tls: tlsSchema.optional(),
    data: z.string().min(1).default('./.sallyport').describe('Folder of the embedded database, the journal and the keys; relative to this file.'),
    database: z
      .string()
      .regex(/^postgres(?:ql)?:\/\//, 'write postgres://user@host/database')
      .optional()
      .describe('A shared PostgreSQL instead of the embedded database.'),
    credentials: credentialsSchema.prefault({}).describe('What opens targets: Vaults, and the key of what is sealed in the database.'),
    identity: identitySchema.prefault({}).describe('Who may ask.'),
    masking: z.strictObject({ analyzer: analyzer.optional() }).prefault({}).describe('What masking asks others.'),
    audit: auditSchema.prefault({}).describe('What becomes of the record.'),
    telemetry: telemetrySchema.prefault({}).describe('What operators read: metrics, traces, the log.'),
    notify: notifySchema.default([]).describe('Who is told of approvals: a list of `slack`, `email` and `webhook`.'),
    resources: z
      .string()
      .min(1)
      .default('./resources')
      .describe('Folder (or file) of YAML documents: Target, Policy; relative to this file. Changes take effect at once.'),
  })
  .describe('The configuration of one gateway: `sallyport.yaml`.');

export type ConfigDocument = z.output<typeof configSchema>;
