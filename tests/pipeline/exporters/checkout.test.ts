import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeCheckout } from '../../../pipeline/exporters/checkout.ts';
import { readHandedIn } from '../../../pipeline/exporters/handed-in.ts';

const tree = new Map(
  Object.entries({
    'lib/box.py': 'high = 2\n',
    'lib/lid.py': 'low = 1\n',
    'tests/test_box.py': 'def test(): pass\n',
    'setup.cfg': '[x]\n',
    '.gitignore': '*.py\n',
  }).map(([path, text]) => [path, Buffer.from(text)]),
);
const given = { tree, source_paths: ['lib/box.py', 'lib/lid.py'] };

let folder: string;
let here: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'checkout-'));
  here = join(folder, 'work');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const git = (...argv: string[]): string =>
  execFileSync('git', argv, { cwd: here, env: { PATH: process.env.PATH!, HOME: folder } })
    .toString()
    .trim();

describe('a workspace', () => {
  it('is one fresh commit, and nothing in it tells of another', async () => {
    const commit = await writeCheckout(tree, here);
    expect(git('rev-parse', 'HEAD')).toBe(commit);
    expect(git('rev-list', '--all', '--count')).toBe('1');
    expect(git('status', '--porcelain')).toBe('');
    expect(git('ls-files').split('\n').sort()).toEqual([...tree.keys()].sort());
    expect([git('remote'), git('tag'), git('reflog'), git('stash', 'list')]).toEqual(['', '', '', '']);
    expect([existsSync(join(here, '.git/logs')), existsSync(join(here, '.git/hooks'))]).toEqual([false, false]);
    const objects = git('count-objects').split(' ')[0];
    expect(Number(objects)).toBe(git('rev-list', '--objects', '--all').split('\n').length);
  });

  it('takes no setting of git from whoever makes it', async () => {
    writeFileSync(join(folder, '.gitconfig'), '[user]\nname = somebody\n[init]\ndefaultBranch = trunk\n');
    const home = process.env.HOME;
    process.env.HOME = folder;
    try {
      await writeCheckout(tree, here);
    } finally {
      process.env.HOME = home;
    }
    expect(git('log', '--format=%an %D')).toBe('Socratic HEAD -> main');
  });

  it('is never written over what is there, and leaves nothing when it cannot be made', async () => {
    mkdirSync(here);
    await expect(writeCheckout(tree, here)).rejects.toThrow(/not there yet[\s\S]*fix: give another folder/);
    rmSync(here, { recursive: true });
    await expect(
      writeCheckout(
        new Map([
          ['a', Buffer.of(1)],
          ['a/b', Buffer.of(1)],
        ]),
        here,
      ),
    ).rejects.toThrow();
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('what was handed in', () => {
  beforeEach(() => writeCheckout(tree, here));
  const write = (path: string, text: string): void => {
    mkdirSync(join(here, path, '..'), { recursive: true });
    writeFileSync(join(here, path), text);
  };

  it('is nothing when nothing was changed', async () => {
    expect(await readHandedIn(here, given)).toEqual({ files: new Map(), left_out: [] });
  });

  it('is the new text of source files; every other change is named', async () => {
    write('lib/box.py', 'high = 3\n');
    write('tests/test_box.py', '');
    write('setup.cfg', '[y]\n');
    write('lib/new.py', '');
    write('lib/__pycache__/box.pyc', '');
    rmSync(join(here, '.gitignore'));
    const { files, left_out } = await readHandedIn(here, given);
    expect([...files]).toEqual([['lib/box.py', 'high = 3\n']]);
    expect(left_out.map(({ path }) => path)).toEqual(['.gitignore', 'lib/new.py', 'setup.cfg', 'tests/test_box.py']);
    expect(left_out.map(({ why }) => why)).toEqual([
      '.gitignore is hidden or a dependency',
      'lib/new.py is new, and a repair changes source files that are there',
      'setup.cfg is configuration or an import hook',
      'tests/test_box.py is a test',
    ]);
  });

  it('is never read through a link, out of a pipe, or without end', async () => {
    writeFileSync(join(folder, 'secret.py'), 'secret = 1\n');
    rmSync(join(here, 'lib/box.py'));
    symlinkSync(join(folder, 'secret.py'), join(here, 'lib/box.py'));
    rmSync(join(here, 'lib/lid.py'));
    execFileSync('mkfifo', [join(here, 'lib/lid.py')]);
    symlinkSync('/', join(here, 'everything'));
    write('large.txt', 'x'.repeat(5 * 1024 * 1024));
    const { files, left_out } = await readHandedIn(here, given);
    expect(files.size).toBe(0);
    expect(left_out.map(({ path, why }) => [path, /no plain file/.test(why)])).toEqual([
      ['everything', true],
      ['large.txt', true],
      ['lib/box.py', true],
      ['lib/lid.py', true],
    ]);
  });

  it('is not read through a folder that became a link', async () => {
    mkdirSync(join(folder, 'other'));
    writeFileSync(join(folder, 'other/box.py'), 'secret = 1\n');
    rmSync(join(here, 'lib'), { recursive: true });
    symlinkSync(join(folder, 'other'), join(here, 'lib'));
    const { files, left_out } = await readHandedIn(here, given);
    expect(files.size).toBe(0);
    expect(left_out.map(({ path }) => path)).toEqual(['lib', 'lib/box.py', 'lib/lid.py']);
  });

  it('needs a folder', async () => {
    await expect(readHandedIn(join(folder, 'nowhere'), given)).rejects.toThrow(/fix: make one with socratic workspace/);
  });

  it('runs nothing that lies there', async () => {
    const proof = join(folder, 'ran');
    write('.git/hooks/post-index-change', `#!/bin/sh\ntouch ${proof}\n`);
    writeFileSync(join(here, '.git/config'), `[core]\nfsmonitor = "touch ${proof}"\n`);
    await readHandedIn(here, given);
    expect(existsSync(proof)).toBe(false);
    expect(readFileSync(join(here, '.git/config'), 'utf8')).toContain('fsmonitor');
  });
});
