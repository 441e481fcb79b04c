import { gzipSync } from 'node:zlib';
import type { BundleFile } from './bundle.ts';

const block = 512;

/** Files as a gzipped POSIX tar that is the same bytes for the same files: sorted, owned by root, dated 1970. */
export const tarball = (files: readonly BundleFile[]): Buffer => gzipSync(tar(files), { level: 9 });

/** The archive itself, with an entry for every folder. */
export function tar(files: readonly BundleFile[]): Buffer {
  const sorted = [...files].sort((a, b) => (a.path < b.path ? -1 : 1));
  const folders = [...new Set(sorted.flatMap(({ path }) => parentsOf(path)))].sort();
  const parts = folders.map((folder) => header({ path: `${folder}/`, size: 0, mode: 0o755, type: '5' }));
  for (const { path, content, is_executable } of sorted) {
    const bytes = Buffer.from(content as string);
    parts.push(header({ path, size: bytes.length, mode: is_executable ? 0o755 : 0o644, type: '0' }), bytes);
    parts.push(Buffer.alloc((block - (bytes.length % block)) % block));
  }
  return Buffer.concat([...parts, Buffer.alloc(2 * block)]);
}

function parentsOf(path: string): string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}

interface Entry {
  path: string;
  size: number;
  mode: number;
  type: '0' | '5';
}

function header({ path, size, mode, type }: Entry): Buffer {
  const bytes = Buffer.alloc(block);
  const { name, prefix } = splitPath(path);
  const octal = (value: number, width: number) => value.toString(8).padStart(width - 1, '0');
  bytes.write(name, 0);
  bytes.write(octal(mode, 8), 100);
  bytes.write(octal(0, 8), 108);
  bytes.write(octal(0, 8), 116);
  bytes.write(octal(size, 12), 124);
  bytes.write(octal(0, 12), 136);
  bytes.write('        ', 148);
  bytes.write(type, 156);
  bytes.write('ustar\u000000', 257, 'latin1');
  bytes.write(prefix, 345);
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  bytes.write(`${octal(sum, 7)}\0 `, 148, 'latin1');
  return bytes;
}

/** ustar holds 100 bytes of name and 155 of folder. */
function splitPath(path: string): { name: string; prefix: string } {
  if (Buffer.byteLength(path) <= 100) return { name: path, prefix: '' };
  for (let at = path.indexOf('/'); at > 0 && at < path.length - 1; at = path.indexOf('/', at + 1)) {
    const [prefix, name] = [path.slice(0, at), path.slice(at + 1)];
    if (Buffer.byteLength(name) <= 100 && Buffer.byteLength(prefix) <= 155) return { name, prefix };
  }
  throw new RangeError(`${path} is too long for a tar entry`);
}
