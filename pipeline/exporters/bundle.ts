import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { DataError } from '../errors.ts';
import { canonicalJson, sha256 } from '../hash.ts';
import { sync } from '../warehouse/files.ts';

export interface BundleFile {
  /** Relative to the export, with `/`. */
  path: string;
  content: string | Uint8Array;
  is_executable?: boolean;
}

interface Listed {
  path: string;
  sha256: string;
  bytes: number;
}

const format = 'socratic-export/1';
const manifestName = 'manifest.json';

/** Hex digest of a set of files by path and content, whatever the order: sorted lines of path, NUL, digest. */
export const digestOf = (files: readonly { path: string; sha256: string }[]): string =>
  sha256(
    [...files]
      .sort(byPath)
      .map(({ path, sha256: digest }) => `${path}\0${digest}\n`)
      .join(''),
  );

/** The folder of an export: written aside, and there under its name whole or not at all. */
export class Bundle {
  readonly kind: string;
  private readonly out: string;
  private readonly staging: string;
  private readonly listed: Listed[] = [];

  private constructor(kind: string, out: string) {
    this.kind = kind;
    this.out = out;
    this.staging = join(dirname(out), `.${basename(out)}-${randomUUID().slice(0, 8)}`);
  }

  /** Refuses a folder that holds anything but an earlier export of this kind: nothing of the user's is ever replaced. */
  static async open(kind: string, folder: string): Promise<Bundle> {
    const out = resolve(folder);
    await requireReplaceable(kind, out);
    const bundle = new Bundle(kind, out);
    await mkdir(bundle.staging, { recursive: true });
    return bundle;
  }

  async add({ path, content, is_executable = false }: BundleFile): Promise<void> {
    const file = this.place(path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content, { mode: is_executable ? 0o755 : 0o644 });
    this.list(path, content);
  }

  /** Takes in a file that `write` makes at the place it is given. */
  async make(path: string, write: (file: string) => Promise<void>): Promise<void> {
    const file = this.place(path);
    await mkdir(dirname(file), { recursive: true });
    await write(file);
    this.list(path, await readFile(file));
  }

  /** Where a file of the export lies while it is being made. */
  place(path: string): string {
    return join(this.staging, path);
  }

  filesBelow(prefix: string): readonly { path: string; sha256: string; bytes: number }[] {
    return this.listed.filter(({ path }) => path.startsWith(prefix));
  }

  /** Writes the manifest and gives the folder its name. Returns the digest of everything in it. */
  async publish(about: Record<string, unknown>): Promise<string> {
    const files = [...this.listed].sort(byPath);
    const digest = digestOf(files);
    const manifest = { format, kind: this.kind, ...about, digest, files };
    const text = `${JSON.stringify(JSON.parse(canonicalJson(manifest)), null, 1)}\n`;
    await writeFile(this.place(manifestName), text);
    await sync(this.place(manifestName));
    await sync(this.staging);
    await this.moveIn();
    return digest;
  }

  async discard(): Promise<void> {
    await rm(this.staging, { recursive: true, force: true });
  }

  private list(path: string, content: string | Uint8Array): void {
    this.listed.push({ path, sha256: sha256(content), bytes: Buffer.byteLength(content) });
  }

  private async moveIn(): Promise<void> {
    await requireReplaceable(this.kind, this.out);
    const old = `${this.staging}-old`;
    const had = await rename(this.out, old).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return false;
        throw error;
      },
    );
    await rename(this.staging, this.out);
    await sync(dirname(this.out));
    if (had) await rm(old, { recursive: true, force: true });
  }
}

/** Makes an export with `fill`; whatever goes wrong on the way leaves nothing behind. */
export async function makeBundle(
  kind: string,
  folder: string,
  fill: (bundle: Bundle) => Promise<Record<string, unknown>>,
): Promise<{ digest: string; about: Record<string, unknown> }> {
  const bundle = await Bundle.open(kind, folder);
  try {
    const about = await fill(bundle);
    return { digest: await bundle.publish(about), about };
  } catch (error) {
    await bundle.discard();
    throw error;
  }
}

async function requireReplaceable(kind: string, out: string): Promise<void> {
  const names = await readdir(out).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    if (error.code === 'ENOTDIR') return ['a file'];
    throw error;
  });
  if (names.length === 0 || (await kindOf(out)) === kind) return;
  throw DataError.of({
    where: out,
    expected: `a new folder, an empty one, or an earlier export of kind ${kind}`,
    found: names.slice(0, 3).join(', '),
    fix: 'give another folder with -o',
  });
}

async function kindOf(out: string): Promise<string | null> {
  try {
    const manifest = JSON.parse(await readFile(join(out, manifestName), 'utf8')) as { format?: string; kind?: string };
    return manifest.format === format ? (manifest.kind ?? null) : null;
  } catch {
    return null;
  }
}

function byPath(a: { path: string }, b: { path: string }): number {
  return a.path < b.path ? -1 : a.path > b.path ? 1 : 0;
}
