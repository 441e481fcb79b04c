import { closeSync, createReadStream, openSync, readSync } from 'node:fs';
import { Readable } from 'node:stream';
import {
  constants,
  createGunzip,
  createInflateRaw,
  createZstdDecompress,
  gunzipSync,
  inflateRawSync,
  zstdDecompressSync,
} from 'node:zlib';

/** Bytes to be read: a file, or a member of an archive on disk. Plain data, so that it travels to a worker. */
export interface Blob {
  /** What the warehouse calls it: relative to what was imported. */
  uri: string;
  /** File on disk. */
  path: string;
  offset: number;
  /** Stored length in bytes. */
  length: number;
  /** End of the uri, long enough that no other file of the import has it: part of the ids of its traces. */
  tail?: string;
  /** How an archive stored the member; compression of the file itself is found by its first bytes. */
  codec: 'none' | 'deflate' | 'zstd';
}

/** What went wrong with some bytes, in words for the user. */
export interface Fault {
  code: FaultCode;
  message: string;
  /** Offset into the decompressed bytes, where known. */
  byte_offset?: number;
  /** Closest format. */
  format_guess?: string;
}

export type FaultCode =
  | 'empty'
  | 'lfs_pointer'
  | 'truncated'
  | 'damaged_archive'
  | 'not_utf8'
  | 'not_json'
  | 'nan'
  | 'lone_surrogate'
  | 'duplicate_key'
  | 'too_large'
  | 'unknown_format'
  | 'wrong_shape'
  | 'int64_precision'
  | 'unreadable';

/** Stored bytes up to which a blob is read in one go. */
const smallBytes = 16 << 20;
/** Longest text that a JavaScript string holds, with room to spare. */
export const largestRecordBytes = 500_000_000;

/** Stored bytes of the blob. */
export function storedBytes({ path, offset, length }: Blob): Buffer {
  const descriptor = openSync(path, 'r');
  try {
    const buffer = Buffer.allocUnsafe(length);
    let filled = 0;
    while (filled < length) {
      const read = readSync(descriptor, buffer, filled, length - filled, offset + filled);
      if (read === 0) break;
      filled += read;
    }
    return buffer.subarray(0, filled);
  } finally {
    closeSync(descriptor);
  }
}

export const isGzip = (head: Uint8Array): boolean => head[0] === 0x1f && head[1] === 0x8b;
export const isZstd = (head: Uint8Array): boolean =>
  head[0] === 0x28 && head[1] === 0xb5 && head[2] === 0x2f && head[3] === 0xfd;

export interface Content {
  bytes: Buffer;
  /** Decompression stopped early: `bytes` is what came before. */
  fault?: Fault;
}

/** The whole content when it is small, or null: then stream it. */
export function smallContent(blob: Blob): (Content & { stored: Buffer }) | null {
  if (blob.length > smallBytes) return null;
  const stored = storedBytes(blob);
  const content = inflate(unpack(stored, blob.codec));
  return content === null ? null : { ...content, stored };
}

function unpack(stored: Buffer, codec: Blob['codec']): Content {
  if (codec === 'none') return { bytes: stored };
  return attempt(
    () => (codec === 'deflate' ? inflateRawSync(stored) : zstdDecompressSync(stored)),
    () => null,
  );
}

/** Undoes gzip and zstd; null where the content would be too big to hold at once. */
function inflate({ bytes, fault }: Content): Content | null {
  if (fault) return { bytes, fault };
  const options = { maxOutputLength: smallBytes * 16 };
  try {
    if (isGzip(bytes)) return { bytes: gunzipSync(bytes, options) };
    if (isZstd(bytes)) return { bytes: zstdDecompressSync(bytes, options) };
    return { bytes };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') return null;
    return salvage(bytes, error as Error);
  }
}

/** What could be decompressed before the damage. */
function salvage(bytes: Buffer, error: Error): Content {
  const fault: Fault = { code: 'truncated', message: `compressed data ends early or is damaged: ${error.message}` };
  const partial = attempt(
    () =>
      isGzip(bytes)
        ? gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH })
        : zstdDecompressSync(bytes, { finishFlush: constants.ZSTD_e_flush }),
    () => fault,
  );
  return { bytes: partial.bytes, fault: { ...fault, byte_offset: partial.bytes.length } };
}

function attempt(read: () => Buffer, fault: () => Fault | null): Content {
  try {
    return { bytes: read() };
  } catch (error) {
    return { bytes: Buffer.alloc(0), fault: fault() ?? { code: 'damaged_archive', message: (error as Error).message } };
  }
}

/** Decompressed chunks, for what does not fit in one piece; stored ones when `isRaw`. Damage ends the stream as an error. */
export function stream(blob: Blob, isRaw = false): AsyncIterable<Buffer> {
  const raw = createReadStream(blob.path, {
    start: blob.offset,
    end: blob.offset + blob.length - 1,
    highWaterMark: 1 << 20,
  });
  if (isRaw) return raw as unknown as AsyncIterable<Buffer>;
  const unpacked =
    blob.codec === 'deflate'
      ? raw.compose(createInflateRaw())
      : blob.codec === 'zstd'
        ? raw.compose(createZstdDecompress())
        : raw;
  const head = storedBytes({ ...blob, length: Math.min(4, blob.length) });
  if (blob.codec !== 'none') return unpacked as unknown as AsyncIterable<Buffer>;
  if (isGzip(head)) return raw.compose(createGunzip({ chunkSize: 1 << 18 })) as unknown as AsyncIterable<Buffer>;
  if (isZstd(head))
    return raw.compose(createZstdDecompress({ chunkSize: 1 << 18 })) as unknown as AsyncIterable<Buffer>;
  return Readable.from(raw) as unknown as AsyncIterable<Buffer>;
}
