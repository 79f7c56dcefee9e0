import type { Approval } from '../../core/approval.ts';
import { canonicalJson } from '../../core/canonical.ts';
import type { Command } from '../../core/command.ts';
import { SallyportError } from '../../core/error.ts';
import type { JsonObject } from '../../core/json.ts';
import type { MaskApplied, Masker } from '../../core/masker.ts';
import type { Exchange, Grant } from '../../core/pipeline.ts';
import type { Body } from '../../core/recorder.ts';
import type { Refusal } from '../../core/refusing.ts';
import type { MaskedPart, ReplyPart } from '../../core/reply-part.ts';
import type { Session } from '../../core/session.ts';
import type { Steps } from '../../core/steps.ts';
import { approversOf, notice, refusalError, type WireError } from './errors.ts';
import type { Rewritten } from './output.ts';
import { RecordedRows, type RowRun, type RowSource } from './recorded-rows.ts';

/** Some messages for the caller; `rewrite` where there is something in them to mask. It may be called more than once. */
export interface Piece {
  readonly bytes: Buffer;
  readonly rewrite?: (bytes: Buffer, masker: Masker) => Rewritten;
  /** Set where rows are recorded, and these are some. */
  readonly source?: RowSource | undefined;
}

/** What came of one statement, as the record tells it. */
export interface Result {
  readonly tag: string;
  readonly rows: number;
}

/** How it ended. `skipped`: the server refused something before it, and never saw it. */
export interface Ending {
  readonly status: 'ok' | 'error' | 'skipped';
  readonly results: readonly Result[];
  readonly error?: { readonly sqlstate: string; readonly message: string };
}

/** What one command needs of the connection that it runs on. */
export interface ExchangeHost {
  readonly session: Session;
  readonly consoleUrl: string;
  /** Sends what was granted. */
  begin(exchange: StatementExchange, grant: Grant): void;
  /** Says no in place of running it, and has the server fail as well. */
  refuse(error: WireError): void;
  /** Nothing sensible can follow: the session ends. */
  abandon(error: WireError): void;
  /** Stops what runs. */
  cancel(): void;
  /** To the caller; resolves when there is room for more. */
  write(bytes: Uint8Array): Promise<void>;
  /** To the caller, with the end of its round. */
  gather(bytes: Uint8Array): void;
  /** What was kept back may come. */
  more(): void;
  /** Aborts when the caller leaves, or takes its statement back. */
  waiting(): AbortSignal;
  /** Whether the caller took it back rather than left. */
  readonly cancelled: boolean;
}

/** Bytes that may wait for the pipeline before the server is made to wait. */
export const BACKLOG_BYTES = 256 << 10;
/** Of a last part: it may wait for the end of its round, which follows at once. */
const FEW_BYTES = 16 << 10;
const CANCELLED: WireError = {
  severity: 'ERROR',
  sqlstate: '57014',
  message: 'canceling statement due to user request',
  detail: 'It was waiting for approval. Nothing was run.',
};

/** PostgreSQL's part of one command. Which step comes when is the pipeline's. */
export class StatementExchange implements Exchange {
  readonly session: Session;
  readonly command: Command;
  readonly steps: Steps | undefined;
  readonly #host: ExchangeHost;
  /** Why nobody understands the statement. */
  readonly #unclear: string | undefined;
  readonly #applied = new Map<string, number>();
  #pieces: Piece[] = [];
  #bytes = 0;
  #ending: Ending | undefined;
  #lost: SallyportError | undefined;
  #wake: (() => void) | undefined;
  #begun = false;
  /** Counts of the part that the pipeline has in hand: parts come one by one. */
  #counts: readonly ReadonlyMap<string, number>[] = [];
  /** Absent where the target does not ask for rows in the record. */
  readonly #rows: RecordedRows | undefined;

  constructor(host: ExchangeHost, command: Command, { steps, unclear }: { readonly steps?: Steps | undefined; readonly unclear?: string | undefined } = {}) {
    this.#host = host;
    this.#unclear = unclear;
    this.session = host.session;
    const { record } = host.session.target;
    this.#rows = record && new RecordedRows(record.rows);
    this.command = command;
    this.steps = steps;
  }

  /** Whether pieces that are rows should say so. */
  get recordsRows(): boolean {
    return this.#rows !== undefined;
  }

  get backlog(): number {
    return this.#bytes;
  }

  /** The reading side has something for the caller. */
  offer(piece: Piece): void {
    this.#pieces.push(piece);
    this.#bytes += piece.bytes.length;
  }

  /** The reading side has seen all that came at once. */
  offered(): void {
    if (this.#pieces.length > 0) this.#wake?.();
  }

  finish(ending: Ending): void {
    this.#ending = ending;
    this.#wake?.();
  }

  /** The line broke while it ran: nobody knows what came of it. */
  lose(): void {
    this.#lost = new SallyportError('upstream_unreachable', 'the connection to the server ended while it ran', {
      hint: 'look at the database before you send it again',
    });
    this.#wake?.();
  }

  request(masker: Masker): MaskedPart {
    const { value, applied } = masker.json(this.command.arguments);
    return { bytes: Buffer.from(canonicalJson(value)), contentType: 'application/json', applied };
  }

  async wait(approval: Approval, settled: (signal: AbortSignal) => Promise<Approval>): Promise<Approval> {
    const { consoleUrl } = this.#host;
    await this.#host.write(
      notice(
        `waiting for approval ${approval.id} by ${approversOf(approval)}: ${consoleUrl}/approvals/${approval.id}`,
        'The statement runs when it is approved. Cancel it to stop waiting.',
      ),
    );
    return settled(this.#host.waiting());
  }

  async *forward(grant: Grant): AsyncIterable<ReplyPart> {
    this.#begun = true;
    this.#host.begin(this, grant);
    for (;;) {
      if (this.#pieces.length === 0 && !this.#ending && !this.#lost) await this.#something();
      if (this.#lost && !this.#ending) throw this.#lost;
      const pieces = this.#take();
      if (this.#ending) {
        yield this.#part(pieces, this.#ending);
        return;
      }
      yield this.#part(pieces, undefined);
      this.#host.more();
    }
  }

  async release({ kind }: ReplyPart, { bytes }: MaskedPart): Promise<void> {
    this.#rows?.give();
    for (const counts of this.#counts) for (const [name, count] of counts) this.#applied.set(name, (this.#applied.get(name) ?? 0) + count);
    if (kind === 'final' && bytes.length <= FEW_BYTES) this.#host.gather(bytes);
    else if (bytes.length > 0) await this.#host.write(bytes);
  }

  /** What ran keeps no rows: it is told what came of it, and that it does not run twice. */
  async repeat(result: string, approval: Approval): Promise<void> {
    const about = refusalError({ kind: 'approval', approval, decision: approval.decision, event: '-' }, this.#host.consoleUrl);
    this.#host.refuse({ ...about, detail: `${about.detail ?? ''} What came of it: ${result.slice(0, 500)}` });
  }

  async refuse(refusal: Refusal): Promise<void> {
    const error = withWhy(refusalError(refusal, this.#host.consoleUrl), this.#unclear);
    if (this.#begun) this.#host.abandon({ ...error, severity: 'FATAL' });
    else this.#host.refuse(this.#host.cancelled ? CANCELLED : error);
  }

  /** What ends early has no last part that would tell of the rows before it. */
  given(): Pick<Body, 'bytes' | 'contentType'> | undefined {
    const recorded = this.#rows?.given();
    return recorded === undefined ? undefined : jsonBody({ status: 'unfinished', results: [], recorded });
  }

  cutOff(): void {
    this.#host.cancel();
    this.finish({ status: 'error', results: [] });
  }

  warn(text: string): void {
    void this.#host.write(notice(text));
  }

  #take(): readonly Piece[] {
    const pieces = this.#pieces;
    this.#pieces = [];
    this.#bytes = 0;
    return pieces;
  }

  #something(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        resolve();
      };
    });
  }

  #part(pieces: readonly Piece[], ending: Ending | undefined): ReplyPart {
    const raw = (): MaskedPart => {
      this.#counts = [];
      this.#rows?.count(runsOf(pieces, pieces));
      return { ...WIRE, bytes: joined(pieces.map(({ bytes }) => bytes)), applied: [], ...this.#account(ending, undefined) };
    };
    return {
      kind: ending ? 'final' : 'chunk',
      status: ending && ending.status !== 'ok' ? 'error' : 'ok',
      ...(ending ? {} : { recordedBy: 'outcome' as const }),
      mask: (masker) => {
        const done = pieces.map(({ bytes, rewrite }) => rewrite?.(bytes, masker) ?? { bytes, counts: NOTHING });
        this.#counts = done.map(({ counts }) => counts).filter(({ size }) => size > 0);
        this.#rows?.read(runsOf(pieces, done), masker);
        return { ...WIRE, bytes: joined(done.map(({ bytes }) => bytes)), applied: ending ? this.#totals() : [], ...this.#account(ending, masker) };
      },
      raw,
    };
  }

  #totals(): readonly MaskApplied[] {
    if (this.#applied.size === 0 && this.#counts.length === 0) return NOTHING_APPLIED;
    const totals = new Map(this.#applied);
    for (const counts of this.#counts) for (const [name, count] of counts) totals.set(name, (totals.get(name) ?? 0) + count);
    return [...totals].map(([name, count]) => ({ by: name.includes('.') ? ('field' as const) : ('detector' as const), name, count }));
  }

  #account(ending: Ending | undefined, masker: Masker | undefined): Pick<MaskedPart, 'account' | 'kept'> {
    if (!ending) return {};
    const { status, results, error } = ending;
    const told: JsonObject = {
      status,
      results: results.map(({ tag, rows }) => ({ tag, rows })),
      ...(error ? { error: { sqlstate: error.sqlstate, message: masker ? masker.text(error.message).value : '' } } : {}),
    };
    const short = jsonBody(told);
    const recorded = this.#rows?.told();
    return recorded === undefined ? { account: short } : { account: jsonBody({ ...told, recorded }), kept: short };
  }
}

const withWhy = (error: WireError, unclear: string | undefined): WireError =>
  unclear === undefined ? error : { ...error, detail: `${unclear}. ${error.detail ?? ''}` };

const WIRE = { contentType: 'application/octet-stream' };
const NOTHING: ReadonlyMap<string, number> = new Map();
const NOTHING_APPLIED: readonly MaskApplied[] = [];

const jsonBody = (told: JsonObject): Pick<Body, 'bytes' | 'contentType'> => ({ bytes: Buffer.from(JSON.stringify(told)), contentType: 'application/json' });

/** The rows among some pieces, with the bytes that stand for them. */
const runsOf = (pieces: readonly Piece[], written: readonly { readonly bytes: Buffer }[]): readonly RowRun[] =>
  pieces.flatMap(({ source, bytes }, at) => (source ? [{ source, bytes: written[at]?.bytes ?? bytes }] : []));

const joined = (parts: readonly Buffer[]): Buffer => (parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts));
