import { readFile, rm } from 'node:fs/promises';
import { z } from 'zod';
import { SallyportError } from '../../core/error.ts';
import { replaceFile } from './durable-file.ts';
import { type Bucket, sha256Of, xmlValues } from './s3-client.ts';

export interface UploadSettings {
  /** A larger object goes up in parts of this size. S3 wants 5 MiB at least. */
  readonly partBytes: number;
  /** Whether an object that is there already is left as it is. */
  readonly overwrite: 'refuse' | 'allow';
  /** Of each object, such as those of object lock. */
  readonly headers: () => Readonly<Record<string, string>>;
  /** File that remembers an unfinished upload, so that it goes on after a restart. */
  readonly notes: string;
}

interface Part {
  readonly bytes: Buffer;
  readonly sha256: Buffer;
}

const noteSchema = z.object({
  key: z.string(),
  uploadId: z.string(),
  /** Parts that are there, in order. */
  parts: z.array(z.object({ etag: z.string(), sha256: z.string() })),
});
type Note = z.output<typeof noteSchema>;

/** Puts an object, whole or in parts. Resolves when it is there; again with the same bytes it is there already. */
export async function upload(
  bucket: Bucket,
  settings: UploadSettings,
  object: { readonly key: string; readonly chunks: readonly Buffer[] },
  signal: AbortSignal,
): Promise<void> {
  const parts = await Promise.all(inParts(object.chunks, settings.partBytes).map(async (bytes) => ({ bytes, sha256: await sha256Of(bytes) })));
  const digest = await digestOf(parts);
  const task: Task = { bucket, settings, key: object.key, parts, headers: objectHeaders(settings, digest), signal };
  const { status } = await (parts.length === 1 ? putWhole(task) : putParts(task));
  if (status === PRECONDITION_FAILED) await checkSame(task, digest);
}

interface Task {
  readonly bucket: Bucket;
  readonly settings: UploadSettings;
  readonly key: string;
  readonly parts: readonly Part[];
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

const PRECONDITION_FAILED = 412;
const DIGEST = 'x-amz-meta-sallyport-sha256';

/** At least one, each but the last of `size` bytes. */
function inParts(chunks: readonly Buffer[], size: number): readonly Buffer[] {
  const total = chunks.reduce((sum, { length }) => sum + length, 0);
  const count = Math.max(1, Math.ceil(total / size));
  const parts = Array.from({ length: count }, (_, i) => Buffer.allocUnsafe(Math.min(size, total - i * size)));
  let at = 0;
  for (const chunk of chunks) {
    for (let from = 0; from < chunk.length;) {
      const copied = chunk.copy(parts[Math.floor(at / size)] ?? EMPTY, at % size, from);
      from += copied;
      at += copied;
    }
  }
  return parts;
}

const EMPTY = Buffer.alloc(0);

/** As S3 has it for objects in parts: the hash of the parts' hashes, and their number. */
async function digestOf(parts: readonly Part[]): Promise<string> {
  const [only, ...others] = parts;
  if (only && others.length === 0) return only.sha256.toString('hex');
  return `${(await sha256Of(Buffer.concat(parts.map(({ sha256 }) => sha256)))).toString('hex')}-${parts.length}`;
}

function objectHeaders(settings: UploadSettings, digest: string): Readonly<Record<string, string>> {
  return { 'content-type': 'application/octet-stream', [DIGEST]: digest, ...settings.headers() };
}

const condition = ({ overwrite }: UploadSettings): Readonly<Record<string, string>> => (overwrite === 'refuse' ? { 'if-none-match': '*' } : {});

async function putWhole({ bucket, settings, key, parts: [part], headers, signal }: Task): Promise<{ readonly status: number }> {
  if (!part) return { status: 200 };
  const checksum = { 'x-amz-checksum-sha256': part.sha256.toString('base64') };
  const reply = await bucket.send(
    { method: 'PUT', key, body: part.bytes, sha256: part.sha256, headers: { ...headers, ...checksum, ...condition(settings) } },
    signal,
  );
  if (reply.status === PRECONDITION_FAILED || (reply.status >= 200 && reply.status < 300)) return reply;
  throw bucket.refusal(reply);
}

async function putParts(task: Task): Promise<{ readonly status: number }> {
  const { bucket, key, signal, settings, parts } = task;
  const note = (await unfinished(task)) ?? (await begin(task));
  for (const [i, part] of parts.entries()) {
    if (note.parts[i]?.sha256 === part.sha256.toString('hex')) continue;
    const etag = await putPart(task, note, i + 1, part);
    note.parts.splice(i, Number.POSITIVE_INFINITY, { etag, sha256: part.sha256.toString('hex') });
    await replaceFile(settings.notes, JSON.stringify(note));
  }
  const body = Buffer.from(completion(note));
  const reply = await bucket.send(
    { method: 'POST', key, query: { uploadId: note.uploadId }, body, headers: { 'content-type': 'application/xml', ...condition(settings) } },
    signal,
  );
  const isDone = reply.status === PRECONDITION_FAILED || (reply.status === 200 && xmlValues(reply.bytes.toString(), 'Code').length === 0);
  if (!isDone) throw await forgotten(task, bucket.refusal(reply));
  if (reply.status === PRECONDITION_FAILED) await bucket.send({ method: 'DELETE', key, query: { uploadId: note.uploadId } }, signal);
  await rm(settings.notes, { force: true });
  return reply;
}

/** The upload of this very object that a former try began. One of another object is ended, so that nobody pays for its parts. */
async function unfinished({ bucket, settings, key, signal }: Task): Promise<Note | undefined> {
  const note = await readNote(settings.notes);
  if (!note || note.key === key) return note;
  await bucket.send({ method: 'DELETE', key: note.key, query: { uploadId: note.uploadId } }, signal);
  await rm(settings.notes, { force: true });
  return undefined;
}

/** What cannot be read is as good as none: the upload begins anew. */
async function readNote(path: string): Promise<Note | undefined> {
  try {
    return noteSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return undefined;
  }
}

async function begin({ bucket, settings, key, headers, signal }: Task): Promise<Note> {
  const reply = await bucket.expect({ method: 'POST', key, query: { uploads: '' }, headers: { ...headers, 'x-amz-checksum-algorithm': 'SHA256' } }, signal);
  const [uploadId] = xmlValues(reply.bytes.toString(), 'UploadId');
  if (uploadId === undefined) throw new SallyportError('upstream_invalid', `the bucket ${bucket.name} gave no id for an upload`);
  const note: Note = { key, uploadId, parts: [] };
  await replaceFile(settings.notes, JSON.stringify(note));
  return note;
}

async function putPart(task: Task, note: Note, number: number, { bytes, sha256 }: Part): Promise<string> {
  const { bucket, key, signal } = task;
  const query = { partNumber: String(number), uploadId: note.uploadId };
  const reply = await bucket.send({ method: 'PUT', key, query, body: bytes, sha256, headers: { 'x-amz-checksum-sha256': sha256.toString('base64') } }, signal);
  const { etag } = reply.headers;
  if (reply.status >= 200 && reply.status < 300 && typeof etag === 'string') return etag;
  throw await forgotten(task, bucket.refusal(reply));
}

/** The server may have dropped an upload that rested for long: the next try begins a new one. */
async function forgotten({ settings }: Task, refusal: SallyportError): Promise<SallyportError> {
  if (refusal.message.endsWith('(NoSuchUpload)')) await rm(settings.notes, { force: true });
  return refusal;
}

function completion({ parts }: Note): string {
  const listed = parts.map(({ etag, sha256 }, i) => {
    const checksum = Buffer.from(sha256, 'hex').toString('base64');
    return `<Part><PartNumber>${i + 1}</PartNumber><ETag>${etag.replaceAll('"', '&quot;')}</ETag><ChecksumSHA256>${checksum}</ChecksumSHA256></Part>`;
  });
  return `<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${listed.join('')}</CompleteMultipartUpload>`;
}

/** What is there already must be what was to be put: anything else under this name is never overwritten. */
async function checkSame({ bucket, key, signal }: Task, digest: string): Promise<void> {
  const { headers } = await bucket.expect({ method: 'HEAD', key }, signal);
  if (headers[DIGEST] === digest) return;
  throw new SallyportError('conflict', `the bucket ${bucket.name} holds another object under ${key}`, {
    hint: 'two gateways write under one prefix, or the data folder was put back to an older state: give this sink a prefix of its own, and keep both',
  });
}
