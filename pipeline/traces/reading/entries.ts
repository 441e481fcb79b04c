import { closeSync, createWriteStream, existsSync, globSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { constants, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { DataError } from '../../errors.ts';
import { type Blob, type Fault, isGzip, isZstd, stream } from './blob.ts';
import { isTar, tarMembers } from './tar.ts';
import { zipMembers } from './zip.ts';

export interface Listing {
  /** In order of uri. */
  blobs: Blob[];
  faults: { uri: string; bytes: number; fault: Fault }[];
}

const skippedFolders = new Set(['.git', 'node_modules', '__pycache__']);

/**
 * Every file behind the arguments: paths, folders, globs, tar and zip archives. Compressed tars are unpacked into
 * `scratch`, because members can only be reached in order there.
 */
export async function listEntries(inputs: readonly string[], scratch: string): Promise<Listing> {
  const listing: Listing = { blobs: [], faults: [] };
  const prefixes = new Map<string, number>();
  for (const root of inputs.flatMap(expandGlob)) {
    const name = basename(resolve(root)) || 'root';
    const used = prefixes.get(name) ?? 0;
    prefixes.set(name, used + 1);
    for (const { path, uri } of walk(root, used === 0 ? name : `${name}~${used + 1}`))
      await addFile(listing, path, uri, scratch);
  }
  listing.blobs.sort((a, b) => (a.uri < b.uri ? -1 : a.uri > b.uri ? 1 : 0));
  return listing;
}

function expandGlob(input: string): string[] {
  if (existsSync(input)) return [input];
  const found = /[*?[{]/.test(input) ? globSync(input).sort() : [];
  if (found.length > 0) return found;
  throw DataError.of({
    where: input,
    expected: 'a file, a folder or a glob that matches some',
    found: 'nothing there',
    fix: 'check the path; quote globs that the shell should not expand',
  });
}

function* walk(path: string, uri: string): Generator<{ path: string; uri: string }> {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat?.isFile()) yield { path: resolve(path), uri };
  if (!stat?.isDirectory()) return;
  for (const entry of readdirSync(path, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.isDirectory() && skippedFolders.has(entry.name)) continue;
    if (
      entry.isDirectory() ||
      entry.isFile() ||
      (entry.isSymbolicLink() && statSync(join(path, entry.name), { throwIfNoEntry: false })?.isFile())
    ) {
      yield* walk(join(path, entry.name), `${uri}/${entry.name}`);
    }
  }
}

async function addFile(listing: Listing, path: string, uri: string, scratch: string): Promise<void> {
  const { size } = statSync(path);
  const blob: Blob = { uri, path, offset: 0, length: size, codec: 'none' };
  const head = readHead(path);
  if (head.subarray(0, 4).equals(Buffer.from('PK\x03\x04'))) return addZip(listing, blob);
  if (isTar(head)) return void listing.blobs.push(...tarMembers(path, uri));
  if (isTar(inflatedHead(head))) return addCompressedTar(listing, blob, scratch);
  listing.blobs.push(blob);
}

function addZip(listing: Listing, { path, uri, length }: Blob): void {
  const members = zipMembers(path, uri);
  if (Array.isArray(members)) listing.blobs.push(...members);
  else listing.faults.push({ uri, bytes: length, fault: members.fault });
}

async function addCompressedTar(listing: Listing, blob: Blob, scratch: string): Promise<void> {
  const unpacked = join(scratch, `${listing.blobs.length}-${basename(blob.path)}.tar`);
  await pipeline(stream(blob), createWriteStream(unpacked)).catch((error: Error) => {
    listing.faults.push({
      uri: blob.uri,
      bytes: blob.length,
      fault: { code: 'truncated', message: `compressed archive ends early: ${error.message}` },
    });
  });
  listing.blobs.push(...tarMembers(unpacked, blob.uri));
}

function readHead(path: string): Buffer {
  const descriptor = openSync(path, 'r');
  try {
    const buffer = Buffer.alloc(4096);
    return buffer.subarray(0, readSync(descriptor, buffer, 0, 4096, 0));
  } finally {
    closeSync(descriptor);
  }
}

/** First bytes behind gzip or zstd; empty where there is neither, or where the damage starts at once. */
function inflatedHead(head: Buffer): Buffer {
  try {
    if (isGzip(head)) return gunzipSync(head, { finishFlush: constants.Z_SYNC_FLUSH });
    if (isZstd(head)) return zstdDecompressSync(head, { finishFlush: constants.ZSTD_e_flush });
  } catch {
    // a zstd frame may need more than its first 4 KiB before it gives anything: then it is taken for a plain file
  }
  return Buffer.alloc(0);
}

/** Writes standard input to a file, so that it can be read like any other. */
export async function spoolInput(input: NodeJS.ReadableStream, scratch: string): Promise<string> {
  const path = join(scratch, 'stdin');
  await pipeline(input, createWriteStream(path));
  return path;
}

/** Folder part of a uri; members of an archive lie in the archive. */
export const folderOf = (uri: string): string => {
  const slash = uri.lastIndexOf('/');
  const bang = uri.lastIndexOf('!');
  return bang > slash ? uri.slice(0, bang + 1) : slash < 0 ? '' : dirname(uri);
};

/** Last part of a uri without what compression and formats append. */
export const stemOf = (uri: string): string =>
  uri
    .slice(Math.max(uri.lastIndexOf('/'), uri.lastIndexOf('!')) + 1)
    .replace(/\.(gz|zst|zstd)$/i, '')
    .replace(/\.(traj\.json|jsonl|json|ndjson|traj|md|log|txt|eval|parquet)$/i, '')
    .replace(/\.(traj|trajectory|eval)$/i, '');
