/** What the messages say that are looked into; each reader throws `MalformedMessage`. */
import { BACKEND, cstring, Fields, FRONTEND, int32, MalformedMessage, message, type Frame } from './codec.ts';

export interface Parse {
  readonly name: string;
  readonly text: string;
  /** 0 where the server is to find out. */
  readonly types: readonly number[];
}

export interface Bind {
  readonly portal: string;
  readonly statement: string;
  /** None: all text; one: for all; else one for each. */
  readonly formats: readonly number[];
  readonly values: readonly (Buffer | null)[];
}

export interface Named {
  readonly what: 'statement' | 'portal';
  readonly name: string;
}

export interface ResultColumn {
  readonly name: string;
  /** Oid of the relation that the server takes it from; 0 where it is computed. */
  readonly relation: number;
  readonly type: number;
  readonly format: 0 | 1;
}

/** The text of a Query: up to the NUL that ends the message, and no other. */
export function readQuery(frame: Frame): string {
  const fields = new Fields(frame);
  const text = fields.cstring();
  fields.end();
  return text;
}

export function readParse(frame: Frame): Parse {
  const fields = new Fields(frame);
  const name = fields.cstring();
  const text = fields.cstring();
  const types = list(fields, () => fields.uint32());
  fields.end();
  return { name, text, types };
}

export function readBind(frame: Frame): Bind {
  const fields = new Fields(frame);
  const portal = fields.cstring();
  const statement = fields.cstring();
  const formats = list(fields, () => fields.int16());
  const values = list(fields, () => {
    const length = fields.int32();
    return length === -1 ? null : fields.bytes(length);
  });
  list(fields, () => fields.int16());
  fields.end();
  if (formats.length > 1 && formats.length !== values.length) throw new MalformedMessage('formats of other parameters');
  return { portal, statement, formats, values };
}

export function readNamed(frame: Frame): Named {
  const fields = new Fields(frame);
  const kind = fields.byte();
  const name = fields.cstring();
  fields.end();
  if (kind !== 0x53 && kind !== 0x50) throw new MalformedMessage('neither a statement nor a portal');
  return { what: kind === 0x53 ? 'statement' : 'portal', name };
}

export function readExecute(frame: Frame): { readonly portal: string; readonly rows: number } {
  const fields = new Fields(frame);
  const portal = fields.cstring();
  const rows = fields.int32();
  fields.end();
  return { portal, rows };
}

export function readRowDescription(frame: Frame): readonly ResultColumn[] {
  const fields = new Fields(frame);
  const columns = list(fields, () => {
    const name = fields.cstring();
    const relation = fields.uint32();
    fields.int16();
    const type = fields.uint32();
    fields.int16();
    fields.int32();
    return { name, relation, type, format: fields.int16() === 1 ? (1 as const) : (0 as const) };
  });
  fields.end();
  return columns;
}

export function readParameterDescription(frame: Frame): readonly number[] {
  const fields = new Fields(frame);
  const types = list(fields, () => fields.uint32());
  fields.end();
  return types;
}

/** Format of a whole COPY, and how many columns it has. */
export function readCopyResponse(frame: Frame): { readonly format: number; readonly columns: number } {
  const fields = new Fields(frame);
  const format = fields.byte();
  const columns = list(fields, () => fields.int16()).length;
  fields.end();
  return { format, columns };
}

export function readParameterStatus(frame: Frame): readonly [name: string, value: string] {
  const fields = new Fields(frame);
  const pair = [fields.cstring(), fields.cstring()] as const;
  fields.end();
  return pair;
}

export function readTag(frame: Frame): string {
  return new Fields(frame).cstring();
}

export function readStatus(frame: Frame): 'I' | 'T' | 'E' {
  const status = String.fromCharCode(new Fields(frame).byte());
  if (status !== 'I' && status !== 'T' && status !== 'E') throw new MalformedMessage('a status that there is not');
  return status;
}

/** Counts are of 16 bits, without a sign where there can be many. */
function list<T>(fields: Fields, read: () => T): readonly T[] {
  const count = fields.int16() & 0xffff;
  const items: T[] = [];
  for (let at = 0; at < count; at += 1) items.push(read());
  return items;
}

export const query = (text: string): Buffer => message(FRONTEND.query, cstring(text));
export const parse = (name: string, text: string): Buffer => message(FRONTEND.parse, cstring(name), cstring(text), Buffer.alloc(2));
/** Without parameters; results as texts. */
export const bind = (portal: string, statement: string): Buffer => message(FRONTEND.bind, cstring(portal), cstring(statement), Buffer.alloc(6));
export const closePortal = (name: string): Buffer => message(FRONTEND.close, Buffer.from('P'), cstring(name));
export const closeStatement = (name: string): Buffer => message(FRONTEND.close, Buffer.from('S'), cstring(name));
export const describePortal = (name: string): Buffer => message(FRONTEND.describe, Buffer.from('P'), cstring(name));
export const describeStatement = (name: string): Buffer => message(FRONTEND.describe, Buffer.from('S'), cstring(name));
export const execute = (portal: string, rows: number): Buffer => message(FRONTEND.execute, cstring(portal), int32(rows));
export const SYNC = message(FRONTEND.sync);
export const FLUSH = message(FRONTEND.flush);
export const TERMINATE = message(FRONTEND.terminate);
export const parameterStatus = (name: string, value: string): Buffer => message(BACKEND.parameterStatus, cstring(name), cstring(value));
export const keyData = (pid: number, key: Uint8Array): Buffer => message(BACKEND.backendKeyData, int32(pid), key);
export const readyForQuery = (status: 'I'): Buffer => message(BACKEND.readyForQuery, Buffer.from(status));
