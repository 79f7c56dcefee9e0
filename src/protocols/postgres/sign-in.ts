import { createHash, randomBytes } from 'node:crypto';
import { SallyportError } from '../../core/error.ts';
import type { ByteSource } from './byte-source.ts';
import { BACKEND, cstring, Fields, FRONTEND, int32, MalformedMessage, message, type Frame } from './codec.ts';
import { errorFields } from './errors.ts';
import { greetServer, type ClientExchange } from './scram.ts';
import type { Secret } from '../../core/secret.ts';

const AUTH = { ok: 0, cleartext: 3, md5: 5, sasl: 10, saslContinue: 11, saslFinal: 12 } as const;
const LONGEST = 64 << 10;
/** Nothing sensible takes more messages; what goes on telling is hostile. */
const MOST_MESSAGES = 500;

/** What signs in at a server: a role with a password, or with a certificate and its key. */
export interface ServerLogin {
  readonly user: string;
  readonly password?: Secret;
  readonly certificate?: { readonly chain: string; readonly key: Secret };
}

export interface SignInOptions {
  readonly source: ByteSource;
  readonly send: (bytes: Buffer) => void;
  readonly login: ServerLogin;
  readonly parameters: Readonly<Record<string, string>>;
  /** Set where the line is encrypted; `verified`: by a certificate that was checked. */
  readonly tls: { readonly endPoint: Buffer; readonly verified: boolean } | undefined;
  readonly nonce?: () => string;
}

export interface SignedIn {
  readonly parameters: ReadonlyMap<string, string>;
  readonly pid: number;
  readonly secret: Buffer;
}

const newNonce = (): string => randomBytes(18).toString('base64');

/** The startup of a connection to a server, up to its first ReadyForQuery. */
export async function signIn(options: SignInOptions): Promise<SignedIn> {
  const { source, send, login, parameters } = options;
  const pairs = Object.entries({ user: login.user, ...parameters }).flatMap(([name, value]) => [cstring(name), cstring(value)]);
  const body = Buffer.concat([int32(3 << 16), ...pairs, Buffer.of(0)]);
  send(Buffer.concat([int32(body.length + 4), body]));
  await authenticate(options);
  return untilReady(source);
}

const authOnly = (type: number): number => (type === BACKEND.authentication || type === BACKEND.error || type === BACKEND.negotiateVersion ? LONGEST : 0);

async function authenticate(options: SignInOptions): Promise<void> {
  const { source } = options;
  const proof = new Proof(options);
  for (let count = 0; count < MOST_MESSAGES; count += 1) {
    const frame = await source.frame(authOnly);
    if (frame.type === BACKEND.error) throw refused(frame);
    if (frame.type === BACKEND.negotiateVersion) continue;
    const fields = new Fields(frame);
    if (await proof.answer(fields.int32(), fields)) return;
  }
  throw new MalformedMessage('an exchange without an end');
}

/** What is shown to the server, and what it has to show. */
class Proof {
  readonly #options: SignInOptions;
  #scram: ClientExchange | undefined;
  #server: 'unknown' | 'asked' | 'proven' = 'unknown';

  constructor(options: SignInOptions) {
    this.#options = options;
  }

  /** True when the server lets us in. */
  async answer(code: number, fields: Fields): Promise<boolean> {
    switch (code) {
      case AUTH.ok:
        // A server that began to prove that it knows the password, and then does not, is another server.
        if (this.#server === 'asked') throw new MalformedMessage('a server that does not prove itself');
        return true;
      case AUTH.cleartext:
        this.#say(cstring(this.#cleartext()));
        return false;
      case AUTH.md5:
        this.#say(cstring(md5(this.#password(), this.#options.login.user, fields.bytes(4))));
        return false;
      case AUTH.sasl:
        this.#greet(fields);
        return false;
      case AUTH.saslContinue:
        if (!this.#scram) throw new MalformedMessage('an answer to nothing');
        this.#say(Buffer.from(await this.#scram.answer(fields.rest().toString())));
        return false;
      case AUTH.saslFinal:
        if (!this.#scram?.accepts(fields.rest().toString())) throw new MalformedMessage('a server that does not know the password');
        this.#server = 'proven';
        return false;
      default:
        throw new MalformedMessage(`a way to sign in (${code}) that is not known here`);
    }
  }

  #greet(fields: Fields): void {
    const mechanisms: string[] = [];
    for (let name = fields.cstring(); name !== ''; name = fields.cstring()) mechanisms.push(name);
    const { tls, nonce = newNonce } = this.#options;
    this.#scram = greetServer({ password: this.#password(), nonce: nonce(), mechanisms, endPoint: tls?.endPoint });
    this.#server = 'asked';
    const first = Buffer.from(this.#scram.first);
    this.#say(cstring(this.#scram.mechanism), int32(first.length), first);
  }

  #say(...parts: readonly Buffer[]): void {
    this.#options.send(message(FRONTEND.password, ...parts));
  }

  #cleartext(): string {
    if (!this.#options.tls?.verified) throw new MalformedMessage('a server that asks for the password in the clear');
    return this.#password();
  }

  #password(): string {
    const { password } = this.#options.login;
    if (!password)
      throw new SallyportError('credential_missing', 'the server asks for a password, and the target has none', { hint: 'credential: { login: ... }' });
    return password.reveal();
  }
}

function md5(password: string, user: string, salt: Buffer): string {
  const once = (...parts: readonly (string | Buffer)[]): string => parts.reduce((hash, part) => hash.update(part), createHash('md5')).digest('hex');
  return `md5${once(once(password, user), salt)}`;
}

/** The server said no. Its words are for the operator. */
export class RefusedLogin extends Error {}

function refused(frame: Frame): RefusedLogin {
  const fields = errorFields(frame);
  return new RefusedLogin(`${fields.get('C')}: ${fields.get('M')}`);
}

async function untilReady(source: ByteSource): Promise<SignedIn> {
  const parameters = new Map<string, string>();
  let pid = 0;
  let secret: Buffer = Buffer.alloc(0);
  for (let count = 0; count < MOST_MESSAGES; count += 1) {
    const frame = await source.frame(afterwards);
    const fields = new Fields(frame);
    if (frame.type === BACKEND.error) throw refused(frame);
    if (frame.type === BACKEND.readyForQuery) return { parameters, pid, secret };
    if (frame.type === BACKEND.parameterStatus) parameters.set(fields.cstring(), fields.cstring());
    if (frame.type === BACKEND.backendKeyData) {
      pid = fields.int32();
      secret = fields.rest();
    }
  }
  throw new MalformedMessage('a startup without an end');
}

const AFTERWARDS: ReadonlySet<number> = new Set([BACKEND.error, BACKEND.notice, BACKEND.parameterStatus, BACKEND.backendKeyData, BACKEND.readyForQuery]);
const afterwards = (type: number): number => (AFTERWARDS.has(type) ? LONGEST : 0);
