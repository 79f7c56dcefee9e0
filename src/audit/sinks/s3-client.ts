import { SallyportError } from '../../core/error.ts';
import type { SecretSource } from '../../core/credential-spec.ts';
import type { SinkDeps } from './deps.ts';
import { Http, type HttpReply, type HttpRequest, type HttpSettings } from './http.ts';
import { encodePath, signedHeaders, type S3Credential } from './s3-signature.ts';

export interface BucketSettings extends HttpSettings {
  readonly bucket: string;
  readonly region: string;
  /** Absent: AWS. Present: the bucket is the first segment of the path. */
  readonly endpoint?: string;
  readonly accessKeyId: SecretSource;
  readonly secretAccessKey: SecretSource;
  readonly sessionToken?: SecretSource;
}

export interface BucketRequest {
  readonly method: HttpRequest['method'];
  /** Absent: the bucket itself. */
  readonly key?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** SHA-256 of the body, where it is known already. */
  readonly sha256?: Buffer;
  readonly maxReplyBytes?: number;
}

/** Signed requests to one bucket of a server that speaks S3. */
export class Bucket {
  readonly #settings: BucketSettings;
  readonly #deps: SinkDeps;
  readonly #http: Http;

  constructor(settings: BucketSettings, deps: SinkDeps) {
    this.#settings = settings;
    this.#deps = deps;
    this.#http = new Http(settings, deps);
  }

  get name(): string {
    return this.#settings.bucket;
  }

  /** Throws where there was no answer; a status is for the caller to judge. */
  async send(request: BucketRequest, signal: AbortSignal): Promise<HttpReply> {
    const { method, key, query = {}, headers = {}, body, maxReplyBytes } = request;
    const url = this.#url(key, query);
    const sha256 = request.sha256 ?? (await sha256Of(body ?? EMPTY));
    const credential = await this.#credential();
    const unsigned = { method, url, headers, payloadHash: sha256.toString('hex') };
    const signed = signedHeaders(unsigned, credential, this.#settings.region, new Date(this.#deps.now()));
    const rest = { ...(body ? { body } : {}), ...(maxReplyBytes === undefined ? {} : { maxReplyBytes }) };
    return this.#http.send({ method, url, headers: signed, ...rest }, signal);
  }

  /** The same, for whom only success will do. */
  async expect(request: BucketRequest, signal: AbortSignal): Promise<HttpReply> {
    const reply = await this.send(request, signal);
    if (reply.status >= 200 && reply.status < 300 && !isError(reply)) return reply;
    throw this.refusal(reply);
  }

  /** Keys that begin with `prefix`, in the order of their names. */
  async *list(prefix: string, signal: AbortSignal): AsyncIterable<string> {
    let after: string | undefined;
    do {
      const page = after === undefined ? {} : { 'continuation-token': after };
      const reply = await this.expect({ method: 'GET', query: { 'list-type': '2', prefix, ...page }, maxReplyBytes: 16 << 20 }, signal);
      const text = reply.bytes.toString();
      yield* xmlValues(text, 'Key');
      [after] = xmlValues(text, 'NextContinuationToken');
    } while (after !== undefined);
  }

  /** An object's bytes; at most as many as an object of ours can have. */
  async read(key: string, signal: AbortSignal): Promise<Buffer> {
    return (await this.expect({ method: 'GET', key, maxReplyBytes: MAX_OBJECT }, signal)).bytes;
  }

  /** What a reply that is not success says: its status and the code that S3 gives, and nothing else of it. */
  refusal(reply: HttpReply): SallyportError {
    const [code] = xmlValues(reply.bytes.subarray(0, 1 << 16).toString(), 'Code');
    const isKnown = code !== undefined && /^[A-Za-z0-9.]{1,64}$/.test(code);
    const message = `the bucket ${this.name} answered with HTTP ${reply.status}${isKnown ? ` (${code})` : ''}`;
    return new SallyportError('upstream_invalid', message, { hint: hintOf(reply.status, code) });
  }

  async close(): Promise<void> {
    await this.#http.close();
  }

  #url(key: string | undefined, query: Readonly<Record<string, string>>): URL {
    const { bucket, region, endpoint } = this.#settings;
    const base = endpoint === undefined ? `https://${bucket}.s3.${region}.amazonaws.com` : `${endpoint.replace(/\/$/, '')}/${bucket}`;
    const url = new URL(`${base}${key === undefined ? '' : encodePath(`/${key}`)}`);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    return url;
  }

  async #credential(): Promise<S3Credential> {
    const { accessKeyId, secretAccessKey, sessionToken } = this.#settings;
    const { readSecret } = this.#deps;
    return {
      accessKeyId: (await readSecret(accessKeyId)).reveal(),
      secretAccessKey: await readSecret(secretAccessKey),
      ...(sessionToken ? { sessionToken: await readSecret(sessionToken) } : {}),
    };
  }
}

const EMPTY = new Uint8Array();
/** A record of the largest size, and a batch before it. */
const MAX_OBJECT = 1 << 30;

/** In the thread pool: a hash of megabytes does not hold up the commands that pass meanwhile. */
export async function sha256Of(bytes: Uint8Array): Promise<Buffer> {
  // what we hash never lies in shared memory
  return Buffer.from(await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>));
}

/** A reply of 200 may still be an error: some operations answer before they are done. */
const isError = ({ bytes }: HttpReply): boolean => bytes.length < 1 << 16 && /^\s*(?:<\?xml[^>]*>\s*)?<Error>/.test(bytes.toString());

function hintOf(status: number, code: string | undefined): string {
  if (code === 'NoSuchBucket') return 'make the bucket, or correct its name; nothing is lost meanwhile';
  if (code === 'RequestTimeTooSkewed') return "the machine's clock is wrong";
  if (status === 401 || status === 403) return 'check the access key, and that it may put objects there; nothing is lost meanwhile';
  return 'nothing is lost: it is tried again';
}

/** Contents of all elements of this name. Replies are small and flat where we look. */
export function xmlValues(text: string, element: string): readonly string[] {
  return [...text.matchAll(new RegExp(`<${element}>([^<]*)</${element}>`, 'g'))].map(([, value = '']) => unescapeXml(value));
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function unescapeXml(text: string): string {
  return text.replaceAll(/&(?:#(\d+)|#x([0-9a-fA-F]+)|(\w+));/g, (whole, decimal?: string, hex?: string, name?: string) => {
    if (name !== undefined) return ENTITIES[name] ?? whole;
    const code = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}
