import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { Blob, Fault } from './blob.ts';

const endMagic = 0x06054b50;
const end64Magic = 0x06064b50;
const locator64Magic = 0x07064b50;
const entryMagic = 0x02014b50;
const codecs: Record<number, Blob['codec']> = { 0: 'none', 8: 'deflate', 93: 'zstd' };

/** Members of a zip on disk, read from its directory at the end. Stored, deflate and zstd members, zip64 included. */
export function zipMembers(path: string, uri: string): Blob[] | { fault: Fault } {
  const descriptor = openSync(path, 'r');
  try {
    const { size } = fstatSync(descriptor);
    const directory = findDirectory(descriptor, size);
    if (!directory) return { fault: { code: 'damaged_archive', message: 'zip without its directory: cut short?' } };
    return [...members(descriptor, directory, path, uri)];
  } finally {
    closeSync(descriptor);
  }
}

function read(descriptor: number, at: number, length: number): Buffer {
  const buffer = Buffer.alloc(length);
  readSync(descriptor, buffer, 0, length, at);
  return buffer;
}

function findDirectory(descriptor: number, size: number): { at: number; count: number } | null {
  const tail = read(descriptor, Math.max(0, size - 66_000), Math.min(size, 66_000));
  for (let i = tail.length - 22; i >= 0; i--) {
    if (tail.readUInt32LE(i) !== endMagic) continue;
    const plain = { at: tail.readUInt32LE(i + 16), count: tail.readUInt16LE(i + 10) };
    if (plain.at !== 0xffffffff && plain.count !== 0xffff) return plain;
    if (i < 20 || tail.readUInt32LE(i - 20) !== locator64Magic) return null;
    const end64 = read(descriptor, Number(tail.readBigUInt64LE(i - 12)), 56);
    return end64.readUInt32LE(0) === end64Magic
      ? { at: Number(end64.readBigUInt64LE(48)), count: Number(end64.readBigUInt64LE(32)) }
      : null;
  }
  return null;
}

function* members(
  descriptor: number,
  { at, count }: { at: number; count: number },
  path: string,
  uri: string,
): Generator<Blob> {
  let next = at;
  for (let i = 0; i < count; i++) {
    const entry = read(descriptor, next, 46);
    if (entry.readUInt32LE(0) !== entryMagic) return;
    const [nameLength, extraLength, commentLength] = [
      entry.readUInt16LE(28),
      entry.readUInt16LE(30),
      entry.readUInt16LE(32),
    ];
    const rest = read(descriptor, next + 46, nameLength + extraLength);
    const name = rest.subarray(0, nameLength).toString('utf8');
    const { length, header } = wide(entry, rest.subarray(nameLength));
    const codec = codecs[entry.readUInt16LE(10)];
    next += 46 + nameLength + extraLength + commentLength;
    if (name.endsWith('/') || codec === undefined) continue;
    const local = read(descriptor, header, 30);
    yield {
      uri: `${uri}!${name}`,
      path,
      offset: header + 30 + local.readUInt16LE(26) + local.readUInt16LE(28),
      length,
      codec,
    };
  }
}

/** Sizes that do not fit 32 bits stand in the zip64 field. */
function wide(entry: Buffer, extra: Buffer): { length: number; header: number } {
  let length = entry.readUInt32LE(20);
  let header = entry.readUInt32LE(42);
  for (let i = 0; i + 4 <= extra.length; i += 4 + extra.readUInt16LE(i + 2)) {
    if (extra.readUInt16LE(i) !== 1) continue;
    let at = i + 4;
    if (entry.readUInt32LE(24) === 0xffffffff) at += 8;
    if (length === 0xffffffff) {
      length = Number(extra.readBigUInt64LE(at));
      at += 8;
    }
    if (header === 0xffffffff) header = Number(extra.readBigUInt64LE(at));
  }
  return { length, header };
}
