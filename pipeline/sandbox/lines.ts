import type { Readable } from 'node:stream';

const NEWLINE = 0x0a;

/**
 * The lines of a stream, without their newline; reads on only as fast as they are taken. A last line that lacks its
 * newline was cut short and is left out. Calls `too_long` and ends at a line longer than `limit_bytes`.
 */
export async function* readLines(stream: Readable, limit_bytes: number, too_long: () => void): AsyncGenerator<string> {
  let parts: Buffer[] = [];
  let held_bytes = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      let start = 0;
      for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
        if (held_bytes + end - start > limit_bytes) return too_long();
        yield Buffer.concat([...parts, chunk.subarray(start, end)]).toString('utf8');
        parts = [];
        held_bytes = 0;
        start = end + 1;
      }
      if (start < chunk.length) parts.push(chunk.subarray(start));
      held_bytes += chunk.length - start;
      if (held_bytes > limit_bytes) return too_long();
    }
  } catch (error) {
    // The process was killed while it wrote: the lines end here, `ended` says why.
    if (!isBrokenPipe(error)) throw error;
  }
}

const isBrokenPipe = (error: unknown): boolean =>
  ['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE'].includes((error as NodeJS.ErrnoException).code ?? '');
