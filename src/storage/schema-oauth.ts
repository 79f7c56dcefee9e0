/** The tables of the OAuth server. */
export interface OAuthSchema {
  oauth_records: OAuthRecordRow;
  oauth_consents: OAuthConsentRow;
}

interface OAuthRecordRow {
  model: string;
  id_hash: string;
  payload: string;
  grant_id: string | null;
  user_code_hash: string | null;
  consumed_at: number | null;
  created_at: number;
  expires_at: number;
}

interface OAuthConsentRow {
  subject_key: string;
  client_id: string;
  redirect_uri: string;
  target: string;
  scope: string;
  given_at: number;
}
