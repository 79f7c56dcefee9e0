/** A passkey made of software, which says whatever a test wants: WebAuthn Level 3, 6.1 (authenticator data) and 6.5 (attestation). */
import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';

export interface Saying {
  readonly challenge: string;
  readonly origin: string;
  readonly rpId: string;
  readonly type?: string;
  /** 1: somebody was there; 4: and was recognised. */
  readonly flags?: number;
  readonly counter?: number;
  readonly key?: KeyObject;
}

export class Authenticator {
  readonly id = randomBytes(32).toString('base64url');
  readonly #pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });

  /** The answer to `navigator.credentials.create`. */
  create(saying: Saying): object {
    const { x = '', y = '' } = this.#pair.publicKey.export({ format: 'jwk' });
    // COSE_Key (RFC 9052): { 1: 2 (EC2), 3: -7 (ES256), -1: 1 (P-256), -2: x, -3: y }
    const key = Buffer.concat([
      Buffer.from('a5010203262001215820', 'hex'),
      Buffer.from(x, 'base64url'),
      Buffer.from('225820', 'hex'),
      Buffer.from(y, 'base64url'),
    ]);
    const id = Buffer.from(this.id, 'base64url');
    const attested = Buffer.concat([Buffer.alloc(16), Buffer.from([0, id.length]), id, key]);
    const data = Buffer.concat([authenticatorData({ ...saying, flags: (saying.flags ?? 5) | 0x40 }), attested]);
    // CBOR (RFC 8949): { "fmt": "none", "attStmt": {}, "authData": data }
    const attestation = Buffer.concat([
      Buffer.from('a363666d74646e6f6e656761747453746d74a068617574684461746159', 'hex'),
      Buffer.from([data.length >> 8, data.length & 255]),
      data,
    ]);
    return this.#answer({
      clientDataJSON: clientData({ type: 'webauthn.create', ...saying }),
      attestationObject: attestation.toString('base64url'),
      transports: ['internal'],
    });
  }

  /** The answer to `navigator.credentials.get`. */
  get(saying: Saying): object {
    const data = authenticatorData(saying);
    const clientDataJSON = clientData({ type: 'webauthn.get', ...saying });
    const signed = Buffer.concat([data, createHash('sha256').update(Buffer.from(clientDataJSON, 'base64url')).digest()]);
    const signature = sign('sha256', signed, saying.key ?? this.#pair.privateKey).toString('base64url');
    return this.#answer({ clientDataJSON, authenticatorData: data.toString('base64url'), signature });
  }

  #answer(response: object): object {
    return { id: this.id, rawId: this.id, type: 'public-key', authenticatorAttachment: 'platform', clientExtensionResults: {}, response };
  }
}

function authenticatorData({ rpId, flags = 5, counter = 0 }: Saying): Buffer {
  const count = Buffer.alloc(4);
  count.writeUInt32BE(counter);
  return Buffer.concat([createHash('sha256').update(rpId).digest(), Buffer.from([flags]), count]);
}

const clientData = ({ type, challenge, origin }: Saying): string =>
  Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false })).toString('base64url');
