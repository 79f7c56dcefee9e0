/** Codes of RFC 6749, 8693 and 8707 that are answered here. */
export type GrantError = 'invalid_request' | 'invalid_client' | 'invalid_grant' | 'invalid_target' | 'unauthorized_client' | 'temporarily_unavailable';

/** Why no token is issued. `reason` is for the caller and quotes nothing of what was sent; `note` is for the record. */
export interface GrantRefusal {
  readonly error: GrantError;
  readonly reason: string;
  readonly note?: string;
}

export const grantRefusal = (reason: string, note?: string): GrantRefusal => ({ error: 'invalid_grant', reason, ...(note === undefined ? {} : { note }) });

export function isRefusal(result: object): result is GrantRefusal {
  return 'error' in result;
}
