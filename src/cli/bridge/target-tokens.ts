/** Access tokens for one target, each used until little of it is left. */
export interface TargetTokens {
  /** One that is good for a while. Throws where none can be had. */
  current(): Promise<string>;
  /** Another one than this, which was refused. */
  renew(refused: string): Promise<string>;
}

export interface IssuedToken {
  readonly token: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

/** A call may wait for people: what it begins with has to last. */
const MARGIN_MS = 5 * 60_000;

/** `issue` is asked once, however many calls begin at the same time. */
export function createTargetTokens(issue: () => Promise<IssuedToken>, now: () => number = Date.now): TargetTokens {
  let known: IssuedToken | undefined;
  let asking: Promise<IssuedToken> | undefined;

  function ask(): Promise<IssuedToken> {
    asking ??= issue().finally(() => {
      asking = undefined;
    });
    return asking;
  }

  async function fresh(): Promise<string> {
    known = await ask();
    return known.token;
  }

  return {
    current: async () => (known && known.expiresAt - now() > MARGIN_MS ? known.token : fresh()),
    renew: async (refused) => (known && known.token !== refused ? known.token : fresh()),
  };
}
