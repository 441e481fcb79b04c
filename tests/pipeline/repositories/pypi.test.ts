import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { preparePythonEnvironment } from '../../../pipeline/repositories/python-environment.ts';

const folder = mkdtempSync(join(tmpdir(), 'pypi-'));
afterAll(() => rmSync(folder, { recursive: true }));

const hasPython = spawnSync('python3', ['--version']).status === 0;
if (!hasPython) console.log('unpacking of source distributions not tested: there is no python3');

/** Writes an archive of members [name, type, link name] with Python's own tarfile, and unpacks it with ours. */
function unpack(name: string, members: [string, 'file' | 'symlink' | 'link' | 'device' | 'dir', string?][]) {
  const script = `
import io, json, sys, tarfile
kinds = {"file": tarfile.REGTYPE, "symlink": tarfile.SYMTYPE, "link": tarfile.LNKTYPE, "device": tarfile.CHRTYPE, "dir": tarfile.DIRTYPE}
with tarfile.open(sys.argv[1], "w:gz") as archive:
    for name, kind, link in json.loads(sys.argv[2]):
        member = tarfile.TarInfo(name)
        member.type, member.linkname, member.size = kinds[kind], link or "", 5 if kind == "file" else 0
        archive.addfile(member, io.BytesIO(b"hello"))
`;
  const archive = join(folder, `${name}.tar.gz`);
  const list = JSON.stringify(members.map(([path, kind, link]) => [path, kind, link ?? null]));
  expect(spawnSync('python3', ['-I', '-c', script, archive, list]).stderr.toString()).toBe('');
  const tree = join(folder, name);
  const unpacker = join(import.meta.dirname, '../../../pipeline/repositories/unpack_sdist.py');
  const { status, stderr } = spawnSync('python3', ['-I', unpacker, archive, tree]);
  return { status, stderr: stderr.toString(), tree };
}

describe.skipIf(!hasPython)('unpack_sdist.py', () => {
  it('strips the top directory and copies links to files of the archive', () => {
    const { status, tree } = unpack('good', [
      ['toy-1.0', 'dir'],
      ['toy-1.0/toy/a.py', 'file'],
      ['toy-1.0/toy/b.py', 'symlink', '../toy/a.py'],
      ['toy-1.0/c.py', 'link', 'toy-1.0/toy/a.py'],
    ]);
    expect(status).toBe(0);
    for (const path of ['toy/a.py', 'toy/b.py', 'c.py']) expect(readFileSync(join(tree, path), 'utf8')).toBe('hello');
  });

  it.each<[string, Parameters<typeof unpack>[1]]>([
    ['parent', [['toy/../../escaped.py', 'file']]],
    ['absolute', [['/escaped.py', 'file']]],
    ['symlink-out', [['toy/a.py', 'symlink', '../../../../etc/passwd']]],
    ['symlink-absolute', [['toy/a.py', 'symlink', '/etc/passwd']]],
    ['link-out', [['toy/a.py', 'link', '../escaped.py']]],
    [
      'through-link',
      [
        ['toy/d', 'symlink', '..'],
        ['toy/d/escaped.py', 'file'],
      ],
    ],
    ['device', [['toy/null', 'device']]],
    [
      'two-tops',
      [
        ['toy/a.py', 'file'],
        ['other/a.py', 'file'],
      ],
    ],
  ])('refuses or contains %s', (name, members) => {
    const { status, stderr } = unpack(name, members);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^error: /);
    expect(existsSync(join(folder, 'escaped.py'))).toBe(false);
  });
});

describe('preparePythonEnvironment', () => {
  const prepare = (python: string, requirements: string[] = []) =>
    preparePythonEnvironment({ cacheDir: folder, python, requirements });

  it('says what is missing when there is no Python', async () => {
    await expect(prepare('no-such-python')).rejects.toThrow('fix: install Python 3.9 or later');
  });

  it.skipIf(!hasPython)('takes exact pins only', async () => {
    await expect(prepare('python3', ['six>=1'])).rejects.toThrow('expected: name==version\n  found: six>=1');
  });
});
