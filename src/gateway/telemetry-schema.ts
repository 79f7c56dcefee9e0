import { z } from 'zod';
import { secretSchema } from './notify-schema.ts';

export const metricsSchema = z.strictObject({
  token: secretSchema
    .optional()
    .describe('What a scrape sends as `Authorization: Bearer`. Needed where `listen.metrics` is not an address of this machine alone.'),
});

export const telemetrySchema = z.strictObject({
  metrics: metricsSchema.prefault({}).describe('Who may read the metrics.'),
});
