import {
  chmodSync,
  chownSync,
  copyFileSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The user that tests run as when they must not run as root. */
export const NOBODY = 65534;

/** A small repository on the host, and a secret beside it. */
export interface Scratch {
  root: string;
  repository: string;
  secret: string;
  read(path: string): string;
  remove(): void;
}

/** Owned by an ordinary user, so that one can be given a writable copy; `mode` is that of the directory around it. */
export const makeScratch = (mode = 0o755): Scratch => {
  const root = mkdtempSync(join(tmpdir(), 'sandbox-'));
  const repository = join(root, 'repository');
  const secret = join(root, 'secret.txt');
  mkdirSync(join(repository, 'deep'), { recursive: true });
  writeFileSync(secret, 'secret\n');
  writeFileSync(join(repository, 'source.txt'), 'pristine\n');
  writeFileSync(join(repository, 'removed.txt'), 'removed\n');
  writeFileSync(join(repository, 'deep', 'other.txt'), 'other\n');
  symlinkSync(secret, join(repository, 'link'));
  if (process.geteuid!() === 0)
    for (const path of ['', 'deep', 'source.txt', 'removed.txt', 'deep/other.txt', 'link'])
      lchownSync(join(repository, path), NOBODY, NOBODY);
  copyFileSync('/usr/bin/id', join(repository, 'setuid-id'));
  chownSync(join(repository, 'setuid-id'), process.geteuid!(), process.getegid!());
  chmodSync(join(repository, 'setuid-id'), 0o4755);
  chmodSync(root, mode);
  return {
    root,
    repository,
    secret,
    read: (path) => readFileSync(join(repository, path), 'utf8'),
    remove: () => rmSync(root, { recursive: true }),
  };
};
