import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { ReplyReader, type HttpReply } from './reply-reader.ts';

interface Waiting {
  resolve(reply: HttpReply): void;
  reject(error: Error): void;
}

/** One kept HTTP/1.1 connection that sends prepared bytes, one request at a time. */
export class Connection {
  readonly #socket: Socket;
  readonly #reader = new ReplyReader();
  #waiting: Waiting | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (data) => this.#read(data));
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(new Error('the connection was closed before the reply was complete')));
  }

  static async open(port: number): Promise<Connection> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    return new Connection(socket);
  }

  send(request: Buffer): Promise<HttpReply> {
    return new Promise((resolve, reject) => {
      if (this.#waiting) return reject(new Error('this connection still waits for a reply'));
      this.#waiting = { resolve, reject };
      this.#socket.write(request);
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #read(data: Buffer): void {
    try {
      const reply = this.#reader.push(data);
      if (!reply) return;
      const waiting = this.#waiting;
      this.#waiting = undefined;
      waiting?.resolve(reply);
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)));
      this.#socket.destroy();
    }
  }

  #fail(error: Error): void {
    this.#waiting?.reject(error);
    this.#waiting = undefined;
  }
}
