import { MAX_COUNT } from '../../identity/scim/page.ts';

/** What the server says of itself (RFC 7643 5 to 7). */
export const USER = 'urn:ietf:params:scim:schemas:core:2.0:User';
export const GROUP = 'urn:ietf:params:scim:schemas:core:2.0:Group';

export const SERVICE_PROVIDER_CONFIG = {
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig'],
  patch: { supported: true },
  bulk: { supported: false, maxOperations: 0, maxPayloadSize: 0 },
  filter: { supported: true, maxResults: MAX_COUNT },
  changePassword: { supported: false },
  sort: { supported: false },
  etag: { supported: true },
  authenticationSchemes: [
    { type: 'oauthbearertoken', name: 'Bearer token', description: 'The token of the provider, as the configuration names it', primary: true },
  ],
} as const;

const resourceType = (id: 'User' | 'Group', endpoint: string, schema: string) => ({
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:ResourceType'],
  id,
  name: id,
  endpoint,
  schema,
  meta: { resourceType: 'ResourceType', location: `/scim/v2/ResourceTypes/${id}` },
});

export const RESOURCE_TYPES = [resourceType('User', '/Users', USER), resourceType('Group', '/Groups', GROUP)] as const;

interface Attribute {
  readonly name: string;
  readonly type: 'string' | 'boolean' | 'complex' | 'reference';
  readonly multiValued: boolean;
  readonly required: boolean;
  readonly caseExact: boolean;
  readonly mutability: 'readWrite' | 'readOnly' | 'immutable';
  readonly returned: 'default';
  readonly uniqueness: 'none' | 'server';
  readonly subAttributes?: readonly Attribute[];
}

function attribute(name: string, more: Partial<Attribute> = {}): Attribute {
  return {
    name,
    type: 'string',
    multiValued: false,
    required: false,
    caseExact: false,
    mutability: 'readWrite',
    returned: 'default',
    uniqueness: 'none',
    ...more,
  };
}

const complex = (name: string, subAttributes: readonly Attribute[], more: Partial<Attribute> = {}): Attribute =>
  attribute(name, { type: 'complex', subAttributes, ...more });
const externalId = attribute('externalId', { caseExact: true });

const schema = (id: string, name: string, attributes: readonly Attribute[]) => ({
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:Schema'],
  id,
  name,
  attributes,
  meta: { resourceType: 'Schema', location: `/scim/v2/Schemas/${id}` },
});

export const SCHEMAS = [
  schema(USER, 'User', [
    attribute('userName', { required: true, uniqueness: 'server' }),
    externalId,
    attribute('active', { type: 'boolean' }),
    attribute('displayName'),
    complex('name', [attribute('formatted'), attribute('familyName'), attribute('givenName'), attribute('middleName')]),
    complex('emails', [attribute('value'), attribute('type'), attribute('primary', { type: 'boolean' })], { multiValued: true }),
    complex('groups', [attribute('value', { mutability: 'readOnly' }), attribute('display', { mutability: 'readOnly' })], {
      multiValued: true,
      mutability: 'readOnly',
    }),
  ]),
  schema(GROUP, 'Group', [
    attribute('displayName', { required: true, uniqueness: 'server' }),
    externalId,
    complex('members', [attribute('value', { mutability: 'immutable', caseExact: true }), attribute('display', { mutability: 'readOnly' })], {
      multiValued: true,
    }),
  ]),
] as const;
