import type { Profile } from './profile.ts';

/** What every provider of sign-ins has, whatever it speaks. */
export interface SignInProvider {
  /** In the paths of its routes: `/sign-in/<name>/start`. */
  readonly name: string;
  /** On the button. */
  readonly title: string;
  /** Whoever types an e-mail address of one of these is sent here. */
  readonly domains: readonly string[];
  /** Where the browser goes. `kept` comes back to `finish`, and to nobody else: the browser has it sealed. */
  begin(ask: BeginAsk): Promise<Begun>;
}

export interface BeginAsk {
  /** Where the provider sends the browser afterwards: below `<url>/sign-in/<name>/`. */
  readonly base: string;
  /** What was typed, for the provider's own form. */
  readonly email?: string | undefined;
}

export interface Begun {
  readonly url: string;
  /** Names the attempt: random, and part of what comes back. */
  readonly state: string;
  readonly kept: string;
}

/** A provider that answers by a redirect to `<url>/sign-in/<name>/callback`. */
export interface RedirectProvider extends SignInProvider {
  /** Who it is, from the whole URL of the callback. Throws `unauthenticated` or `upstream_unreachable`; neither message holds what was sent. */
  finish(callback: URL, begun: Pick<Begun, 'state' | 'kept'>): Promise<Profile>;
  /** Whose stay has ended, from a logout token. Throws `unauthenticated`. */
  readLogout?(token: string): Promise<Logout>;
}

export interface Logout {
  readonly issuer: string;
  /** Id of the token: it counts once. */
  readonly id: string;
  /** At least one of both: a person, or one stay. */
  readonly subject?: string;
  readonly providerSession?: string;
}
