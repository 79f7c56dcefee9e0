import type { Target } from '../../core/target.ts';
import { targetUrl } from '../../identity/audience.ts';

export interface TargetView {
  readonly name: string;
  readonly protocol: string;
  /** What a client types; the target's own address is nobody's business. */
  readonly url: string;
  readonly labels: Readonly<Record<string, string>>;
}

export function presentTarget({ name, protocol, labels }: Target, url: string): TargetView {
  return { name, protocol, url: targetUrl(url, name), labels };
}
