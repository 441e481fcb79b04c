import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeBundle } from '../../../pipeline/exporters/bundle.ts';
import { tarball } from '../../../pipeline/exporters/tar.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bundle-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const out = () => join(folder, 'out');
const make = (text: string, kind = 'harbor') =>
  makeBundle(kind, out(), async (bundle) => {
    await bundle.add({ path: 'b/c.txt', content: text });
    await bundle.add({ path: 'a.sh', content: 'x', is_executable: true });
    return { round: 1 };
  });

describe('a bundle', () => {
  it('lists what is in it, sorted, with a digest of all', async () => {
    const { digest } = await make('hello');
    const manifest = JSON.parse(readFileSync(join(out(), 'manifest.json'), 'utf8'));
    expect(manifest).toMatchObject({ format: 'socratic-export/1', kind: 'harbor', round: 1, digest });
    expect(manifest.files.map((f: { path: string }) => f.path)).toEqual(['a.sh', 'b/c.txt']);
    expect(readdirSync(folder)).toEqual(['out']);
  });

  it('made twice is the same bytes, and replaces an export of its kind', async () => {
    const [first, second] = [await make('hello'), await make('hello')];
    expect(second).toEqual(first);
    expect((await make('other')).digest).not.toBe(first.digest);
    expect(readFileSync(join(out(), 'b/c.txt'), 'utf8')).toBe('other');
  });

  it.each([
    ['a folder of something else', () => writeFileSync(join(folder, 'out'), '')],
    ['an export of another kind', async () => void (await make('x', 'sft'))],
  ])('refuses to replace %s', async (_, plant) => {
    await plant();
    await expect(make('y')).rejects.toThrow(
      /expected: a new folder, an empty one, or an earlier export of kind harbor/,
    );
    expect(readdirSync(folder)).toEqual(['out']);
  });

  it('leaves nothing when making it fails', async () => {
    const failing = makeBundle('harbor', out(), async (bundle) => {
      await bundle.add({ path: 'a', content: '' });
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(existsSync(out())).toBe(false);
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('a tar', () => {
  const long = `${'d'.repeat(90)}/${'e'.repeat(80)}/f.txt`;
  const files = [
    { path: 'z.txt', content: 'last' },
    { path: 'a/run.sh', content: 'echo', is_executable: true },
    { path: long, content: 'è' },
    { path: 'empty', content: '' },
  ];

  it('is unpacked by tar with names, contents and modes', () => {
    writeFileSync(join(folder, 'x.tgz'), tarball(files));
    execFileSync('tar', ['-xzf', 'x.tgz'], { cwd: folder });
    expect(readFileSync(join(folder, long), 'utf8')).toBe('è');
    expect(readFileSync(join(folder, 'a/run.sh'), 'utf8')).toBe('echo');
    const listed = execFileSync('tar', ['-tvzf', 'x.tgz'], { cwd: folder }).toString().trim().split('\n');
    expect(listed.find((line) => line.endsWith('a/run.sh'))).toMatch(/^-rwxr-xr-x/);
    expect(listed.find((line) => line.endsWith('z.txt'))).toMatch(/^-rw-r--r-- .*1970-01-01/);
  });

  it('is the same whatever the order of the files', () => {
    expect(tarball([...files].reverse()).equals(tarball(files))).toBe(true);
  });

  it('refuses a path that no entry holds', () => {
    expect(() => tarball([{ path: 'x'.repeat(200), content: '' }])).toThrow(/too long for a tar entry/);
  });
});
