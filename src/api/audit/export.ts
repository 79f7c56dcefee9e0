import type { Context } from 'hono';
import { ENCODINGS, type ExportFormat } from '../../audit/export/format.ts';
import type { ApiDeps, ApiEnv, AuditLog, ExportRequest } from '../deps.ts';
import { refuse } from '../refusal.ts';

/** At a time in one process: each of them reads as fast as its reader takes it. */
const MAX_EXPORTS = 4;
/** Bytes that are put together before they are sent. */
const PIECE = 64 * 1024;

/** Streams an export. One that fails on the way breaks the connection: a reader cannot take a part of it for all of it. */
export function createExport(
  { report = () => {} }: ApiDeps,
  log: AuditLog,
): (c: Context<ApiEnv>, asked: ExportRequest, format: ExportFormat) => Promise<Response> {
  let running = 0;
  return async (c, asked, format) => {
    if (running >= MAX_EXPORTS) return refuse(c, 429, 'limit_exceeded', `${MAX_EXPORTS} exports are running`, 'wait for one of them to end');
    running += 1;
    const { contentType, extension } = ENCODINGS[format];
    const lines = textOf(log, asked, format);
    let isOver = false;
    const end = (): void => {
      if (!isOver) running -= 1;
      isOver = true;
    };
    try {
      // Waits for the first piece, so that what cannot begin is an error and not an empty file.
      const first = await lines.next();
      const body = new ReadableStream<Uint8Array>({
        start: (controller) => enqueue(controller, first, end),
        pull: async (controller) => {
          try {
            enqueue(controller, await lines.next(), end);
          } catch (error) {
            end();
            report(error);
            controller.error(error);
          }
        },
        cancel: async () => {
          end();
          await lines.return(undefined);
        },
      });
      const name = `sallyport-audit-${new Date().toISOString().slice(0, 19).replaceAll(':', '')}Z.${extension}`;
      return c.body(body, 200, { 'content-type': contentType, 'content-disposition': `attachment; filename="${name}"` });
    } catch (error) {
      end();
      throw error;
    }
  };
}

function enqueue(controller: ReadableStreamDefaultController<Uint8Array>, piece: IteratorResult<string, void>, end: () => void): void {
  if (piece.done !== true) return controller.enqueue(Buffer.from(piece.value));
  end();
  controller.close();
}

async function* textOf(log: AuditLog, asked: ExportRequest, format: ExportFormat): AsyncGenerator<string, void> {
  const { head, line } = ENCODINGS[format];
  let text = head(asked);
  for await (const rows of log.export(asked)) {
    for (const row of rows) {
      text += line(row, asked);
      if (text.length < PIECE) continue;
      yield text;
      text = '';
    }
  }
  if (text !== '') yield text;
}
