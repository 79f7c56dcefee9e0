import { z } from 'zod';
import { secretSchema } from './notify-schema.ts';

export const scimSchema = z
  .strictObject({
    token: secretSchema.describe('What the provider sends as bearer token to `<url>/scim/v2`: 32 characters or more.'),
    id: z
      .enum(['externalId', 'userName'])
      .describe(
        'Which SCIM attribute is the id that the same provider sends at sign-in (`claims.id` or `attributes.id`). People are never matched by address or displayed name.',
      ),
    groups: z.enum(['displayName', 'externalId']).default('displayName').describe('Which attribute of a group policies name.'),
    groupPrefix: z.string().max(64).default('').describe("Put before each group's name, so that groups of two providers are not taken for one."),
    unknown: z
      .enum(['refuse', 'accept'])
      .default('refuse')
      .describe('What becomes of a person at sign-in whom the provider has not sent here. `accept`: what the sign-in says counts until it has.'),
  })
  .describe('The provider keeps its people and groups here (SCIM 2.0), which wins over what its sign-ins say.');
