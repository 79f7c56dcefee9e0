import { SallyportError } from '../../core/error.ts';

const TIMEOUT_MS = 30_000;

export interface SmallJson {
  readonly status: number;
  /** Undefined where it is no JSON. */
  readonly body: unknown;
}

/** One request to the gateway; a form is sent as OAuth has it. Throws `upstream_unreachable`. */
export async function readSmallJson(url: string, { form }: { readonly form?: Readonly<Record<string, string>> }): Promise<SmallJson> {
  try {
    const response = await fetch(url, {
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: { accept: 'application/json' },
      ...(form ? { method: 'POST', body: new URLSearchParams(form) } : {}),
    });
    return { status: response.status, body: await response.json().catch(() => undefined) };
  } catch (cause) {
    throw new SallyportError('upstream_unreachable', `the gateway at ${new URL(url).origin} cannot be reached`, {
      cause,
      hint: 'is it running? another one is named with --gateway',
    });
  }
}
