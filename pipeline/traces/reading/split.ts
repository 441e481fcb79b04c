import { type Fault, largestRecordBytes } from './blob.ts';

/** A piece of the source that holds one JSON value, with its place. */
export interface Piece {
  bytes: Buffer;
  byte_offset: number;
}

/** Non-blank lines. Memory is bounded by the longest line. */
export async function* splitLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<Piece | { fault: Fault }> {
  let parts: Buffer[] = [];
  let held = 0;
  let offset = 0;
  const flush = (): Piece => {
    const bytes = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
    const piece = { bytes, byte_offset: offset };
    offset += held + 1;
    parts = [];
    held = 0;
    return piece;
  };
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      parts.push(chunk.subarray(from, end));
      held += end - from;
      from = end + 1;
      const piece = flush();
      if (!isBlank(piece.bytes)) yield piece;
    }
    if (from < chunk.length) {
      parts.push(chunk.subarray(from));
      held += chunk.length - from;
    }
    if (held > largestRecordBytes) {
      yield {
        fault: { code: 'too_large', message: `a line of more than ${largestRecordBytes} bytes`, byte_offset: offset },
      };
      return;
    }
  }
  const last = flush();
  if (!isBlank(last.bytes)) yield last;
}

const isBlank = (bytes: Buffer): boolean => {
  for (const byte of bytes) if (byte !== 0x20 && byte !== 0x0d && byte !== 0x09) return false;
  return true;
};

/** Elements of a top-level JSON array. Memory is bounded by the largest element. */
export async function* splitArray(chunks: AsyncIterable<Buffer>): AsyncGenerator<Piece | { fault: Fault }> {
  let parts: Buffer[] = [];
  let held = 0;
  let depth = 0;
  let inString = false;
  let isEscaped = false;
  let begun = -1;
  let offset = 0;
  for await (const chunk of chunks) {
    let from = depth >= 1 && begun >= 0 ? 0 : -1;
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i]!;
      if (inString) {
        if (isEscaped) isEscaped = false;
        else if (byte === 0x5c) isEscaped = true;
        else if (byte === 0x22) inString = false;
        continue;
      }
      if (
        depth === 1 &&
        begun < 0 &&
        byte !== 0x20 &&
        byte !== 0x0a &&
        byte !== 0x0d &&
        byte !== 0x09 &&
        byte !== 0x2c &&
        byte !== 0x5d
      ) {
        begun = offset + i;
        from = i;
      }
      if (byte === 0x22) inString = true;
      else if (byte === 0x7b || byte === 0x5b) depth++;
      else if (byte === 0x7d || byte === 0x5d) depth--;
      const isEnd = begun >= 0 && ((depth === 1 && byte === 0x2c) || depth === 0);
      if (!isEnd) continue;
      parts.push(chunk.subarray(from, i));
      yield { bytes: Buffer.concat(parts), byte_offset: begun };
      parts = [];
      held = 0;
      begun = -1;
      from = -1;
    }
    if (begun >= 0 && from >= 0) {
      parts.push(Buffer.from(chunk.subarray(from)));
      held += chunk.length - from;
    }
    offset += chunk.length;
    if (held > largestRecordBytes) {
      yield {
        fault: {
          code: 'too_large',
          message: `an element of more than ${largestRecordBytes} bytes`,
          byte_offset: begun,
        },
      };
      return;
    }
  }
  if (depth > 0) {
    const rest = Buffer.concat(parts);
    if (rest.length > 0) yield { bytes: rest, byte_offset: begun };
    else yield { fault: { code: 'truncated', message: 'the array is cut short', byte_offset: offset } };
  }
}
