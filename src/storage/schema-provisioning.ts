/** The tables of SAML and SCIM. */
export interface ProvisioningSchema {
  saml_answers: { state_hash: string; provider: string; profile: string; until_at: number };
  scim_users: ScimUserRow;
  scim_groups: ScimGroupRow;
  scim_members: { group_id: string; user_id: string };
}

export interface ScimUserRow {
  id: string;
  issuer: string;
  subject: string;
  user_name: string;
  user_name_folded: string;
  external_id: string | null;
  active: 0 | 1;
  resource: string;
  created_at: number;
  changed_at: number;
  version: number;
}

export interface ScimGroupRow {
  id: string;
  issuer: string;
  name: string;
  display_name: string;
  external_id: string | null;
  created_at: number;
  changed_at: number;
  version: number;
}
