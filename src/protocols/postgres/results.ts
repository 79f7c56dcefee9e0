import type { Masker } from '../../core/masker.ts';
import { BACKEND, frameBytes, HEADER_BYTES, MalformedMessage, message, type Frame } from './codec.ts';
import { rewriteCopy } from './copy-mask.ts';
import { errorFields, errorMessage, quietError, rewriteError, type WireError } from './errors.ts';
import type { Ending, Piece, Result, StatementExchange } from './exchange.ts';
import { readCopyResponse, readRowDescription, readTag, type ResultColumn } from './messages.ts';
import { checkColumns, foreseenOf, planCopy, planRows, type Foreseen } from './plan.ts';
import { Output, type Rewritten } from './output.ts';
import { rewriteRows, type RowPlan } from './row-mask.ts';
import type { RowSource } from './recorded-rows.ts';
import type { AnalysedStatement } from './sql/analysis.ts';
import type { Understood } from './understanding.ts';
import { withValues } from './value-scan.ts';

export interface Bounds {
  readonly rows: number;
  readonly bytes: number;
}

export interface ResultsOptions {
  readonly exchange: StatementExchange;
  readonly understood: Understood;
  readonly key: Uint8Array;
  /** Whether every value is looked at. */
  readonly values: boolean;
  readonly bounds: Bounds;
  /** Columns of a portal, and the rows that it gave before. */
  readonly portal?: { readonly columns: readonly ResultColumn[] | undefined; rows: number };
  /** A statement of it completed. */
  readonly ran: (statement: AnalysedStatement | undefined) => void;
  /** It gives more than it may. */
  readonly stop: () => void;
}

type Rows = { readonly columns: readonly ResultColumn[]; readonly plan: RowPlan } | undefined;

/** What a server says of one command, on its way to the caller: checked against what was foreseen, counted, and cut into pieces to mask. */
export class Results {
  readonly #options: ResultsOptions;
  readonly #results: Result[] = [];
  /** Place of the statement whose result comes. */
  #at = 0;
  #count = 0;
  #bytes = 0;
  #rows: Rows;
  #columns: readonly ResultColumn[] | undefined;
  #described = false;
  #copy:
    | { readonly format: number; readonly rewrite: ((bytes: Buffer, place: 'first' | 'later', masker: Masker) => Rewritten) | undefined; first: boolean }
    | undefined;
  /** Rows or lines of one chunk that follow each other. */
  #run: { readonly buffer: Buffer; readonly start: number; end: number; readonly kind: 'rows' | 'copy' } | undefined;
  /** Set when it gave more than it may: what comes is dropped, and the caller is told this. */
  over: WireError | undefined;

  constructor(options: ResultsOptions) {
    this.#options = options;
    const { portal } = options;
    if (portal) {
      this.#count = portal.rows;
      if (portal.columns) this.#describe(portal.columns);
    }
  }

  get results(): readonly Result[] {
    return this.#results;
  }

  get silent(): boolean {
    const { verdict } = this.#options.understood;
    return verdict.kind === 'refused' || verdict.silent;
  }

  /** `ended` where a statement of it completed. Throws for what was not foreseen. */
  take(frame: Frame): 'more' | 'ended' {
    if (frame.type === BACKEND.dataRow) return this.#row(frame);
    if (frame.type === BACKEND.copyData) return this.#line(frame);
    this.flush();
    switch (frame.type) {
      case BACKEND.rowDescription:
        this.#describe(readRowDescription(frame));
        break;
      case BACKEND.copyOut:
        this.#beginCopy(frame);
        break;
      case BACKEND.copyIn:
      case BACKEND.copyDone:
        break;
      case BACKEND.commandComplete:
        this.#complete(readTag(frame));
        break;
      case BACKEND.emptyQuery:
        this.#complete('');
        break;
      case BACKEND.portalSuspended:
        this.#results.push({ tag: 'suspended', rows: this.#count });
        if (this.#options.portal) this.#options.portal.rows = this.#count;
        break;
      default:
        throw new MalformedMessage(`an answer of the type 0x${frame.type.toString(16)} to a statement`);
    }
    this.#pass({ bytes: frameBytes(frame) });
    return ENDS.has(frame.type) ? 'ended' : 'more';
  }

  /** An error of the server: what the caller is told of it. */
  fail(frame: Frame): Ending {
    this.flush();
    const fields = errorFields(frame);
    const told = this.over;
    if (told) this.#options.exchange.offer({ bytes: errorMessage(told) });
    else if (this.silent) this.#options.exchange.offer({ bytes: quietError(frame) });
    else this.#options.exchange.offer(this.text(frame));
    const message = told?.message ?? (this.silent ? 'withheld' : (fields.get('M') ?? ''));
    return { status: 'error', results: this.#results, error: { sqlstate: told?.sqlstate ?? fields.get('C') ?? '', message } };
  }

  /** A message with texts in it: an error, or a notice. */
  text(frame: Frame): Piece {
    const bytes = frameBytes(frame);
    return this.#options.values ? { bytes, rewrite: (whole, masker) => rewriteTexts(whole, masker) } : { bytes };
  }

  notice(frame: Frame): void {
    this.flush();
    if (!this.silent) this.#options.exchange.offer(this.text(frame));
  }

  /** Something that the server says in between. */
  aside(bytes: Buffer): void {
    this.flush();
    this.#options.exchange.offer({ bytes });
  }

  /** What is held together so far goes on its way. */
  flush(): void {
    const run = this.#run;
    if (!run) return;
    this.#run = undefined;
    const bytes = run.buffer.subarray(run.start, run.end);
    if (run.kind === 'rows') this.#passRows(bytes);
    else this.#passLines(bytes);
  }

  #row(frame: Frame): 'more' {
    this.#count += 1;
    if (this.#isOver(frame)) return 'more';
    const { understood } = this.#options;
    if (!this.#described && understood.masks.columns.size > 0) this.#checkCount(frame);
    this.#extend(frame, 'rows');
    return 'more';
  }

  /** A portal that nobody described: the number of columns has to be that which was foreseen. */
  #checkCount({ buffer, start, end }: Frame): void {
    const foreseen = this.#foreseen();
    if (foreseen?.masked || this.#options.values) throw new MalformedMessage('rows of a result that was not described');
    if (end - start < 7 || buffer.readInt16BE(start + 5) !== foreseen?.columns.length) throw new MalformedMessage('a row with other columns than foreseen');
  }

  #line(frame: Frame): 'more' {
    if (!this.#copy) throw new MalformedMessage('data of a COPY that did not begin');
    this.#count += 1;
    if (!this.#isOver(frame)) this.#extend(frame, 'copy');
    return 'more';
  }

  #extend({ buffer, start, end }: Frame, kind: 'rows' | 'copy'): void {
    const run = this.#run;
    if (run && run.kind === kind && run.buffer === buffer && run.end === start) {
      run.end = end;
      return;
    }
    this.flush();
    this.#run = { buffer, start, end, kind };
  }

  #passRows(bytes: Buffer): void {
    const { values, key, exchange } = this.#options;
    const rows = this.#rows;
    const source = exchange.recordsRows ? this.#source('rows', this.#columns ?? []) : undefined;
    if (!rows) return exchange.offer({ bytes, source });
    const { plan, columns } = rows;
    if (values) exchange.offer({ bytes, source, rewrite: (run, masker) => rewriteRows(run, withValues(plan, columns, masker, key)) });
    else exchange.offer({ bytes, source, rewrite: (run) => rewriteRows(run, plan) });
  }

  #passLines(bytes: Buffer): void {
    const copy = this.#copy;
    const rewrite = copy?.rewrite;
    const place = copy?.first ? 'first' : 'later';
    if (copy) copy.first = false;
    const source = copy && this.#options.exchange.recordsRows ? this.#copySource(copy.format) : undefined;
    this.#options.exchange.offer({ bytes, source, ...(rewrite ? { rewrite: (run: Buffer, masker: Masker) => rewrite(run, place, masker) } : {}) });
  }

  #source(kind: RowSource['kind'], columns: RowSource['columns']): RowSource {
    return { result: this.#results.length, kind, columns };
  }

  /** COPY says neither names nor types: they are those of the columns that it reads. */
  #copySource(format: number): RowSource {
    const fields = this.#options.understood.analysis.statements[this.#at]?.columns ?? [];
    const columns = fields.map(({ name, value }) => ({ name, type: value.type ?? 0, format: format === 1 ? (1 as const) : (0 as const) }));
    return this.#source(format === 1 ? 'tuples' : 'lines', columns);
  }

  #pass(piece: Piece): void {
    if (!this.over) this.#options.exchange.offer(piece);
  }

  #foreseen(): Foreseen | undefined {
    return foreseenOf(this.#options.understood, this.#at);
  }

  #describe(columns: readonly ResultColumn[]): void {
    const { values, key } = this.#options;
    const foreseen = this.#foreseen();
    this.#described = true;
    this.#columns = columns;
    if (foreseen) checkColumns(foreseen, columns);
    if (foreseen?.masked) this.#rows = { columns, plan: planRows(foreseen, columns, key) };
    else this.#rows = values ? { columns, plan: { cells: columns.map(() => undefined), names: [] } } : undefined;
  }

  #beginCopy(frame: Frame): void {
    const { values } = this.#options;
    const { format, columns } = readCopyResponse(frame);
    const foreseen = this.#foreseen();
    if (foreseen && foreseen.columns.length !== columns) throw new MalformedMessage('a COPY with other columns than foreseen');
    if (values && format === 1) throw new MalformedMessage('a binary COPY, whose values cannot be looked at');
    const lines = foreseen?.masked ? this.#maskedLines(foreseen, format) : undefined;
    this.#copy = {
      format,
      first: true,
      rewrite: values ? (run, place, masker) => rewriteLines(lines?.(run, place) ?? { bytes: run, counts: NOTHING }, masker) : lines,
    };
  }

  #maskedLines(foreseen: Foreseen, format: number): (run: Buffer, place: 'first' | 'later') => Rewritten {
    const { understood, key } = this.#options;
    const copyFormat = understood.copies.get(this.#at);
    if (!copyFormat || (copyFormat.kind === 'binary') !== (format === 1)) throw new MalformedMessage('a COPY in another form than foreseen');
    const plan = { ...planCopy(foreseen, format === 1 ? 1 : 0, key), format: copyFormat };
    return (run, place) => rewriteCopy(run, plan, place);
  }

  #complete(tag: string): void {
    const { analysis } = this.#options.understood;
    this.#results.push({ tag, rows: this.#count });
    if (this.#options.portal) this.#options.portal.rows = this.#count;
    this.#options.ran(analysis.statements[this.#at]);
    this.#at += 1;
    this.#count = 0;
    this.#rows = undefined;
    this.#columns = undefined;
    this.#described = false;
    this.#copy = undefined;
  }

  #isOver({ start, end }: Frame): boolean {
    const { bounds, stop } = this.#options;
    this.#bytes += end - start;
    if (this.over) return true;
    const what = this.#count > bounds.rows ? `${bounds.rows} rows` : this.#bytes > bounds.bytes ? `${bounds.bytes} bytes` : undefined;
    if (what === undefined) return false;
    this.flush();
    this.over = {
      severity: 'ERROR',
      sqlstate: '54000',
      message: `the result is longer than the ${what} that you may have of one`,
      detail: 'A rule sets the limit. What was given before this error is not the whole result.',
      hint: 'Ask for less: a condition, a limit.',
    };
    stop();
    return true;
  }
}

const ENDS: ReadonlySet<number> = new Set([BACKEND.commandComplete, BACKEND.emptyQuery, BACKEND.portalSuspended]);

const NOTHING: ReadonlyMap<string, number> = new Map();

/** Looks at each line of a COPY as one text. */
function rewriteLines({ bytes, counts }: Rewritten, masker: Masker): Rewritten {
  const out = new Output(bytes.length);
  for (let at = 0; at < bytes.length;) {
    const end = at + 1 + bytes.readUInt32BE(at + 1);
    const text = bytes.toString('utf8', at + HEADER_BYTES, end);
    const { value, applied } = masker.text(text);
    const line = applied.some(({ by }) => by === 'detector') ? message(BACKEND.copyData, Buffer.from(value)) : bytes.subarray(at, end);
    if (line.length > 0 && value !== text) out.count('values');
    out.copy(line, 0, line.length);
    at = end;
  }
  const looked = out.done();
  return { bytes: looked.bytes, counts: new Map([...counts, ...looked.counts]) };
}

function rewriteTexts(bytes: Buffer, masker: Masker): Rewritten {
  let count = 0;
  const frame = { type: bytes[0] ?? 0, buffer: bytes, start: 0, end: bytes.length };
  const rewritten = rewriteError(frame, (text) => {
    const { value } = masker.text(text);
    if (value !== text) count += 1;
    return value;
  });
  return { bytes: rewritten, counts: count > 0 ? new Map([['values', count]]) : new Map() };
}
