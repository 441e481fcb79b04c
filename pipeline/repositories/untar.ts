import { gunzipSync } from 'node:zlib';

/** A regular file of an archive. */
export interface ArchiveFile {
  /** Relative, without `.` and `..`, below the archive's top folder. */
  path: string;
  content: Buffer;
}

const block = 512;
/** Uncompressed bytes an archive may have. */
const most_bytes = 256 * 1024 * 1024;

/**
 * The files of a gzipped tar archive without its top folder. Nothing is written. Throws an Error on an entry that is
 * neither a file nor a folder, and on a path that leaves the archive.
 */
export function filesOfTarball(tarball: Buffer): ArchiveFile[] {
  const archive = gunzipSync(tarball, { maxOutputLength: most_bytes });
  const files: ArchiveFile[] = [];
  let long_path: string | null = null;
  for (let at = 0; at + block <= archive.length; ) {
    const header = archive.subarray(at, at + block);
    if (header.every((byte) => byte === 0)) break;
    const size = octal(header, 124, 12);
    const content = archive.subarray(at + block, at + block + size);
    if (content.length < size) throw new Error('the archive is cut off');
    const type = String.fromCharCode(header[156]!);
    if (type === 'x' || type === 'L') long_path = longPath(type, content) ?? long_path;
    else if (type === '0' || type === '\0') files.push({ path: checkedPath(long_path ?? shortPath(header)), content });
    else if (type !== '5' && type !== 'g')
      throw new Error(`entry of type ${JSON.stringify(type)}: ${shortPath(header)}`);
    if (type !== 'x' && type !== 'L') long_path = null;
    at += block + Math.ceil(size / block) * block;
  }
  return files;
}

const text = (bytes: Buffer): string => bytes.toString('utf8').replace(/\0.*$/s, '');

const octal = (header: Buffer, at: number, length: number): number => {
  const value = Number.parseInt(text(header.subarray(at, at + length)).trim() || '0', 8);
  if (!Number.isInteger(value) || value < 0) throw new Error('the archive has a broken header');
  return value;
};

const shortPath = (header: Buffer): string => {
  const prefix = text(header.subarray(345, 500));
  const name = text(header.subarray(0, 100));
  return prefix === '' ? name : `${prefix}/${name}`;
};

/** A path of more than 100 bytes comes in an entry of its own: pax (`x`) or GNU (`L`). */
function longPath(type: string, content: Buffer): string | null {
  if (type === 'L') return text(content);
  return /(?:^|\n)\d+ path=([^\n]*)\n/.exec(content.toString('utf8'))?.[1] ?? null;
}

/** Without the top folder, whatever it is called. */
function checkedPath(path: string): string {
  const parts = path.split('/').filter((part) => part !== '.' && part !== '');
  if (path.startsWith('/') || parts.includes('..') || path.includes('\\') || parts.length < 2) {
    throw new Error(`path ${JSON.stringify(path)}`);
  }
  return parts.slice(1).join('/');
}
