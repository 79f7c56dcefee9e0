/** A key that lies elsewhere, such as in a key server, and wraps the gateway's own: whoever has the disk alone has no key. */
export interface KeyWrapping {
  /** Which key that is, for messages, and beside what it wrapped. No secret. */
  readonly name: string;
  /** As text, to be kept. */
  wrap(plain: Buffer): Promise<string>;
  /** Throws where it cannot, and says why. */
  unwrap(wrapped: string): Promise<Buffer>;
  close(): Promise<void>;
}
