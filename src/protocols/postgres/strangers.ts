import { isIPv6, type Socket } from 'node:net';

export interface StrangerLimits {
  /** Connections that have not signed in. */
  readonly strangers: number;
  /** Of those, from one address; of IPv6 from one network of 64 bits, which one machine may have to itself. */
  readonly strangersOfOneAddress: number;
}

/** Connections of whom nobody knows yet who they are: whoever opens many from one place takes nobody else's. */
export class Strangers {
  readonly #limits: StrangerLimits;
  readonly #placeOf = new Map<Socket, string>();
  readonly #counts = new Map<string, number>();

  constructor(limits: StrangerLimits) {
    this.#limits = limits;
  }

  /** False where there is no room: then it is to be hung up on. Give it back with `leave`. */
  admit(socket: Socket): boolean {
    const place = placeOf(socket.remoteAddress ?? '');
    const there = this.#counts.get(place) ?? 0;
    if (this.#placeOf.size >= this.#limits.strangers || there >= this.#limits.strangersOfOneAddress) return false;
    this.#placeOf.set(socket, place);
    this.#counts.set(place, there + 1);
    return true;
  }

  leave(socket: Socket): void {
    const place = this.#placeOf.get(socket);
    if (place === undefined) return;
    this.#placeOf.delete(socket);
    const left = (this.#counts.get(place) ?? 1) - 1;
    if (left > 0) this.#counts.set(place, left);
    else this.#counts.delete(place);
  }

  close(): void {
    for (const socket of this.#placeOf.keys()) socket.destroy();
  }
}

/** The network of an IPv6 address, as its first four groups; what is no IPv6 as it is, also where a socket for IPv6 shows it. */
function placeOf(address: string): string {
  if (!isIPv6(address) || address.includes('.')) return address.replace(/^::ffff:/i, '');
  const [before = '', after = ''] = address.split('%', 1)[0]?.split('::') ?? [];
  const head = before.split(':').filter((group) => group !== '');
  const tail = after.split(':').filter((group) => group !== '');
  const zeros = Array.from({ length: Math.max(0, 8 - head.length - tail.length) }, () => '0');
  return [...head, ...zeros, ...tail].slice(0, 4).join(':');
}
