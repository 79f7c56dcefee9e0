/** What a verification finds wrong. */
export type ProblemKind =
  | 'edited'
  | 'deleted'
  | 'inserted'
  | 'reordered'
  | 'truncated'
  | 'fork'
  | 'segment-missing'
  | 'bad-signature'
  | 'bad-ciphertext'
  | 'not-cosigned';

export interface Problem {
  readonly writer: string;
  /** Index of the first event that is not as it was, or may not be. */
  readonly index: number;
  readonly segment: string;
  /** Byte in the segment. */
  readonly offset: number;
  readonly kind: ProblemKind;
  readonly message: string;
}
