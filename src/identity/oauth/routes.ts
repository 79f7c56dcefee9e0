/** Where the OAuth server answers, below the gateway's URL. */
export const ROUTES = {
  authorization: '/oauth/authorize',
  token: '/oauth/token',
  registration: '/oauth/register',
  revocation: '/oauth/revoke',
  jwks: '/oauth/jwks',
  pushed_authorization_request: '/oauth/par',
  device_authorization: '/oauth/device-authorization',
  /** The page on which a person types what a device shows. */
  code_verification: '/oauth/device',
  end_session: '/oauth/end-session',
} as const;

/** The page that asks a person before a client gets anything. */
export const INTERACTION = '/oauth/interaction';

export const DISCOVERY = ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration'] as const;
