import type { SecretSource } from '../core/credential-spec.ts';

/** By who may answer: `group:x`, `person:x`, or `*` for every notice. */
export type Addressees = Readonly<Record<string, readonly string[]>>;

export interface SlackSettings {
  readonly token: SecretSource;
  readonly signingSecret: SecretSource;
  /** Ids of channels. */
  readonly channels: Addressees;
  /** Slack user id or e-mail address -> name of the person. */
  readonly people: Readonly<Record<string, string>>;
  readonly api: string;
}

export interface EmailSettings {
  readonly smtp: {
    readonly host: string;
    readonly port: number;
    /** `starttls` insists on it. */
    readonly security: 'tls' | 'starttls' | 'none';
    readonly user?: string | undefined;
    readonly password?: SecretSource | undefined;
  };
  readonly from: string;
  readonly to: Addressees;
  /** Address -> name of the person: who gets a link of their own. */
  readonly people: Readonly<Record<string, string>>;
}

export interface WebhookSettings {
  readonly url: string;
  readonly secret: SecretSource;
  /** Persons for whom the receiver gets links: it can then answer for them. */
  readonly people: readonly string[];
}

export type NotifySettings = { readonly slack: SlackSettings } | { readonly email: EmailSettings } | { readonly webhook: WebhookSettings };
