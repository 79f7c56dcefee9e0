/** One format: takes text as it comes, gives masked text as soon as it is settled. */
export interface Streamed {
  push(text: string): string;
  end(): string;
}
