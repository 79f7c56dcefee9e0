/** One line of the list of sessions. Times are RFC 3339. */
export interface SessionSummary {
  readonly id: string;
  readonly openedAt: string;
  readonly lastAt: string;
  readonly closedAt?: string;
  readonly subject: string;
  readonly subjectKind: string;
  readonly target: string;
  readonly client: string;
  readonly commands: number;
  readonly refused: number;
  readonly masked: number;
}
