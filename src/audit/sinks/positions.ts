/** How far one writer's log was shipped. */
export interface Position {
  /** Index of the next record. */
  readonly next: number;
  /** Leaves that the newest shipped checkpoint covers. */
  readonly signed: number;
  /** Where the batch ends that is on its way, where its bounds are fixed. */
  readonly sending?: number | undefined;
}

export const START: Position = { next: 0, signed: 0 };

/** The positions of one sink, by writer. */
export interface Positions {
  get(writer: string): Position;
  /** In memory; `save` makes it durable. */
  set(writer: string, position: Position): void;
  /** What survives any crash. */
  durable(writer: string): Position;
  /** Whether what `get` says now is durable. */
  readonly isSaved: boolean;
  save(): Promise<void>;
}
