import type { Readable } from 'node:stream';

/** Keeps what some streams say, up to a number of bytes for all of them together. */
export class Capture {
  readonly #limit_bytes: number;
  readonly #overflow: () => void;
  #seen_bytes = 0;

  /** `overflow` is called at the first byte past the limit, and may be called again. */
  constructor(limit_bytes: number, overflow: () => void) {
    this.#limit_bytes = limit_bytes;
    this.#overflow = overflow;
  }

  /** Reads a stream to its end; resolves to the part of its text that was kept. */
  async text(stream: Readable): Promise<string> {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => {
      const room = this.#limit_bytes - this.#seen_bytes;
      this.#seen_bytes += chunk.length;
      if (room > 0) chunks.push(chunk.subarray(0, room));
      if (chunk.length > room) this.#overflow();
    });
    await closed(stream);
    return Buffer.concat(chunks).toString('utf8');
  }
}

/** Resolves when the other side is gone; a broken pipe is an end like any other. */
export const closed = (stream: Readable): Promise<void> =>
  new Promise((resolve) => {
    if (stream.closed) resolve();
    stream.on('error', () => undefined);
    stream.once('close', resolve);
  });
