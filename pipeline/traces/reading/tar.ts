import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { Blob } from './blob.ts';

const block = 512;

/** Whether the first block is a tar header: the magic word, or a header whose checksum is right (old tar has no magic). */
export function isTar(head: Buffer): boolean {
  if (head.length < block) return false;
  if (head.subarray(257, 262).toString('latin1') === 'ustar') return true;
  const stated = Number.parseInt(field(head, 148, 8), 8);
  if (!Number.isFinite(stated)) return false;
  let sum = 0;
  for (let i = 0; i < block; i++) sum += i >= 148 && i < 156 ? 0x20 : head[i]!;
  return sum === stated && head[0] !== 0;
}

const field = (header: Buffer, at: number, length: number): string => {
  const text = header.subarray(at, at + length).toString('utf8');
  const end = text.indexOf('\0');
  return (end < 0 ? text : text.slice(0, end)).trim();
};

/** Regular files inside a tar on disk, as slices of it. Understands pax and GNU long names; stops at a damaged header. */
export function* tarMembers(path: string, uri: string): Generator<Blob> {
  const descriptor = openSync(path, 'r');
  try {
    const { size } = fstatSync(descriptor);
    const header = Buffer.alloc(block);
    let longName: string | null = null;
    for (let at = 0; at + block <= size; ) {
      readSync(descriptor, header, 0, block, at);
      if (header[0] === 0) return;
      const length = sizeOf(header);
      const kind = String.fromCharCode(header[156]!);
      const body = at + block;
      if (kind === 'L') longName = readText(descriptor, body, length);
      else if (kind === 'x') longName = paxPath(readText(descriptor, body, length)) ?? longName;
      else {
        const name: string = longName ?? nameOf(header);
        longName = null;
        if ((kind === '0' || kind === '\0' || kind === '7') && length >= 0) {
          yield {
            uri: `${uri}!${name.replace(/^\.?\//, '')}`,
            path,
            offset: body,
            length: Math.min(length, size - body),
            codec: 'none',
          };
        }
      }
      at = body + Math.ceil(length / block) * block;
    }
  } finally {
    closeSync(descriptor);
  }
}

function sizeOf(header: Buffer): number {
  if ((header[124]! & 0x80) === 0) return Number.parseInt(field(header, 124, 12) || '0', 8);
  let size = 0;
  for (let i = 125; i < 136; i++) size = size * 256 + header[i]!;
  return size;
}

function nameOf(header: Buffer): string {
  const prefix =
    header.subarray(257, 262).toString('latin1') === 'ustar' && header[263] !== 0x20 ? field(header, 345, 155) : '';
  const name = field(header, 0, 100);
  return prefix ? `${prefix}/${name}` : name;
}

function readText(descriptor: number, at: number, length: number): string {
  const buffer = Buffer.alloc(length);
  readSync(descriptor, buffer, 0, length, at);
  return buffer.toString('utf8').replace(/\0+$/, '');
}

const paxPath = (records: string): string | null => records.match(/(?:^|\n)\d+ path=([^\n]*)\n/)?.[1] ?? null;
