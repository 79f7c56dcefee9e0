import type { Delivery } from './deliveries.ts';
import type { Notice } from './notice.ts';

/** One way to tell people. */
export interface Channel {
  /** Characters of a command that fit. */
  readonly limit: number;
  /** One delivery for each addressee; none where nobody of this channel has to know. */
  deliveries(notice: Notice): readonly Delivery[];
}
