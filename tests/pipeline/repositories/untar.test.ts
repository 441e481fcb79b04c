import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { filesOfTarball } from '../../../pipeline/repositories/untar.ts';

const folders: string[] = [];
const temporary = (): string => {
  folders.push(mkdtempSync(join(tmpdir(), 'untar-')));
  return folders.at(-1)!;
};

/** A tarball by the system's tar. */
function tarballOf(
  files: Record<string, string>,
  change: (folder: string) => void = () => {},
  ...flags: string[]
): Buffer {
  const folder = temporary();
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  change(folder);
  execFileSync('tar', [...flags, '-czf', `${folder}.tgz`, '-C', folder, 'package']);
  const tarball = readFileSync(`${folder}.tgz`);
  rmSync(`${folder}.tgz`);
  return tarball;
}

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

describe('filesOfTarball', () => {
  const long = `lib/${'folder/'.repeat(30)}file.js`;

  it.each(['--format=ustar', '--format=gnu', '--format=pax'])('reads %s, long names too', (format) => {
    const files =
      format === '--format=ustar' ? { 'a.js': 'a', 'lib/b.js': 'ü'.repeat(700) } : { 'a.js': '', [long]: 'deep' };
    const tarball = tarballOf(
      Object.fromEntries(Object.entries(files).map(([path, text]) => [`package/${path}`, text])),
      undefined,
      format,
    );
    const found = filesOfTarball(tarball).map(({ path, content }) => [path, content.toString()]);
    expect(Object.fromEntries(found)).toEqual(files);
  });

  it('refuses links', () => {
    const link = (folder: string): void => symlinkSync('/etc/passwd', join(folder, 'package/link'));
    expect(() => filesOfTarball(tarballOf({ 'package/a.js': 'a' }, link))).toThrow('entry of type');
  });

  it.each(['s,^package,..,', 's,^package/a,package/../../a,', 's,^package,/package,'])(
    'refuses paths that leave the archive: %s',
    (transform) => {
      const tarball = tarballOf({ 'package/a.js': 'a' }, undefined, '-P', `--transform=${transform}`);
      expect(() => filesOfTarball(tarball)).toThrow('path');
    },
  );

  it('refuses an archive that is cut off', () => {
    const whole = execFileSync('gzip', ['-dc'], { input: tarballOf({ 'package/a.js': 'a'.repeat(5000) }) });
    const cut = execFileSync('gzip', ['-c'], { input: whole.subarray(0, 2048) });
    expect(() => filesOfTarball(cut)).toThrow('cut off');
  });
});
