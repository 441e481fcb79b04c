import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { commitId, commitScript } from '../../../pipeline/exporters/commit.ts';

const trees: Record<string, Record<string, string>> = {
  'one file': { 'a.txt': 'a' },
  'a folder between files that sort around its slash': { 'lib-a': '1', 'lib/b': '2', 'lib.c': '3', lib0: '4' },
  'an empty file, other line ends, ignored files and attributes': {
    '.gitignore': '*.log\n',
    '.gitattributes': '* text=auto eol=lf\n*.bin filter=lfs\n',
    'x.log': 'kept\r\nas is\r\n',
    'y.bin': 'z',
    'deep/er/è.py': '',
  },
};

describe('the commit of a tree', () => {
  it.each(Object.entries(trees))('is the one git makes: %s', (_, tree) => {
    const folder = mkdtempSync(join(tmpdir(), 'commit-'));
    try {
      for (const [path, text] of Object.entries(tree)) {
        mkdirSync(dirname(join(folder, path)), { recursive: true });
        writeFileSync(join(folder, path), text, { mode: 0o755 });
      }
      const env = { PATH: process.env.PATH!, HOME: folder };
      execFileSync('sh', ['-c', commitScript.join(' && ')], { cwd: folder, env });
      const head = execFileSync('git', ['rev-parse', 'HEAD'], { cwd: folder, env }).toString().trim();
      expect(commitId(new Map(Object.entries(tree).map(([path, text]) => [path, Buffer.from(text)])))).toBe(head);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('is another one for another byte', () => {
    const of = (text: string) => commitId(new Map([['a', Buffer.from(text)]]));
    expect(of('x')).not.toBe(of('y'));
  });
});
