import { z } from 'zod';

/** The certificate of ports that are not HTTP. */
export const tlsSchema = z
  .strictObject({
    certificate: z.string().min(1).max(4096).describe('Path of the certificate and what leads to its authority, PEM; relative to this file.'),
    key: z.string().min(1).max(4096).describe('Path of its key, PEM; relative to this file.'),
  })
  .describe('How ports of databases are encrypted. HTTP is encrypted by what stands in front of the gateway.');
