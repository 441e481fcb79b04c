import { execFileSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { project } from '../sources.ts';
import { missingSandbox } from '../tiny.ts';
import { socratic } from './run.ts';

const missing = await missingSandbox();
let folder: string;

/** A tree of these files in a folder of its own. */
async function tree(name: string, files: Record<string, string>): Promise<string> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name, path)), { recursive: true });
    await writeFile(join(folder, name, path), text);
  }
  return join(folder, name);
}

const repos = (...argv: string[]) =>
  socratic(['repos', ...argv, '--json', '--set', `data=${join(folder, 'data')}`, '--set', 'repositories=^parse$']);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'repos-'));
  await mkdir(join(folder, 'data/cache'), { recursive: true });
  await mkdir(join(project, 'data/cache/python'), { recursive: true });
  await mkdir(join(project, 'data/cache/node'), { recursive: true });
  for (const kind of ['python', 'node'])
    await symlink(join(project, 'data/cache', kind), join(folder, 'data/cache', kind));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe.skipIf(missing !== null)('repos add', () => {
  const list = async () => JSON.parse(await readFile(join(folder, 'data/repositories.json'), 'utf8'));

  it('tries each, says what is wrong with which, keeps every row, and goes on', async () => {
    await cp(join(project, 'tests/fixtures/tiny-python'), join(folder, 'tally'), { recursive: true });
    await cp(join(project, 'tests/fixtures/tiny-javascript'), join(folder, 'spans'), { recursive: true });
    const python = { 'setup.py': '', 'lib/one.py': 'def one():\n    return 1\n' };
    const cases: [path: string, status: string, detail: RegExp | null][] = [
      [join(folder, 'nowhere'), 'unavailable', /expected: a folder/],
      [await tree('untested', python), 'no_tests', /no file like tests/],
      [
        await tree('failing', { ...python, 'tests/test_one.py': 'def test_one():\n    assert False\n' }),
        'failing_baseline',
        /only 0 tests pass/,
      ],
      [
        await tree('karmic', { 'package.json': '{"scripts":{"test":"karma"}}', 'a.js': '', 'a.test.js': 'test()' }),
        'missing_runner',
        /karma; tape, mocha, node:test, jest and vitest can be run/,
      ],
      [
        await tree('crab', { 'Cargo.toml': '[package]\n', 'a.rs': '' }),
        'missing_runner',
        /a Rust project; Python, JavaScript and Go can be run/,
      ],
      [
        await tree('endless', { ...python, 'tests/test_one.py': 'def test_one():\n    while True: pass\n' }),
        'endless',
        /timeout/,
      ],
      ['npm:left-pad', 'unavailable', /exact version/],
      ['npm:ms@2.1.3', 'no_tests', /no file like test/],
      ['pypi:inflection==0.5.1', 'ready', null],
      [join(folder, 'tally'), 'ready', /2 tests are left out/],
      [join(folder, 'spans'), 'ready', null],
    ];
    const { code, out } = await repos('add', ...cases.map(([path]) => path), '--wall-s', '8');
    expect(code).toBe(1);
    const rows = JSON.parse(out);
    for (const [index, [spec, status, detail]] of cases.entries()) {
      expect([rows[index].spec, rows[index].status, rows[index].detail]).toEqual([
        spec,
        status,
        detail === null ? null : expect.stringMatching(detail),
      ]);
      expect(rows[index].seed === null).toBe(status !== 'ready');
    }
    expect((await list()).map((row: { spec: string }) => row.spec).sort()).toEqual(cases.map(([path]) => path).sort());
    expect(rows.at(-2)).toMatchObject({ test_count: 29, seed: { source: ['tally/*.py'], split: 'train' } });
    expect(JSON.parse((await repos('ls')).out)).toEqual(await list());
  }, 240_000);

  it('takes the newest commit of a git repository, and no history', async () => {
    await cp(join(project, 'tests/fixtures/tiny-javascript'), join(folder, 'gitted'), { recursive: true });
    const git = (...argv: string[]) =>
      execFileSync('git', ['-C', join(folder, 'gitted'), ...argv], { stdio: 'ignore' });
    git('init', '--quiet');
    git('add', '.');
    git('-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '--quiet', '-m', 'all');
    const { code, out } = await repos('add', `file://${join(folder, 'gitted')}`);
    const [row] = JSON.parse(out);
    expect([code, row.status, row.test_count]).toEqual([0, 'ready', 30]);
    const { path } = row.seed.origin;
    expect(execFileSync('ls', ['-A', path]).toString().split('\n')).not.toContain('.git');
  }, 120_000);

  it('refuses a name that a seed has', async () => {
    const path = await tree('boltons', { 'setup.py': '', 'lib/a.py': '', 'tests/test_a.py': '' });
    expect(JSON.parse((await repos('add', path)).out)[0]).toMatchObject({
      status: 'unavailable',
      detail: expect.stringContaining('the seed boltons'),
    });
  });

  it('says how it is used', async () => {
    expect(await repos('add')).toMatchObject({ code: 2, log: expect.stringContaining('socratic repos add <folder') });
  });
});
