import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canonicalJson, sha256 } from '../../pipeline/hash.ts';
import { project } from '../sources.ts';
import { missingSandbox, tinySeeds } from '../tiny.ts';

const overlay = `
[bootstrap]
candidates = 6
[generate]
candidates = 6
[validate]
reruns = 2
[prepare]
slowest_test_ms = 60000
[warm_start]
tasks = 2
buckets = 4096
[score]
rollouts = 8
k = 512
[select]
budget = 4
[train]
steps = 2
batch = 2
group = 4
[solve]
attempts = 2
[evaluate]
attempts = 2
[distill]
support = 1
z = 0.5
new_tasks = 1
`;

interface Ended {
  code: number | null;
  out: string;
  err: string;
}

const missing = await missingSandbox();
describe.skipIf(missing !== null)('the command line over the tiny libraries, as its user runs it', () => {
  let home: string;

  beforeAll(async () => {
    const cache = join(project, 'data/cache');
    for (const kind of ['python', 'node']) await mkdir(join(cache, kind), { recursive: true });
    home = await mkdtemp(join(cache, 'command-line-'));
    await mkdir(join(home, 'data/cache'), { recursive: true });
    for (const kind of ['python', 'node']) await symlink(join(cache, kind), join(home, 'data/cache', kind));
    const seeds = await tinySeeds(join(home, 'seeds'));
    await mkdir(join(home, 'data/seeds/validation'), { recursive: true });
    await writeFile(join(home, 'data/seeds/repositories.json'), JSON.stringify(seeds));
    await writeFile(
      join(home, 'data/seeds/validation/tasks.json'),
      JSON.stringify({ digest: sha256(canonicalJson([])), tasks: [] }),
    );
    await writeFile(join(home, 'socratic.toml'), overlay);
  });
  afterAll(async () => {
    if (home) await rm(home, { recursive: true, force: true });
  });

  const start = (...argv: string[]): ChildProcess =>
    spawn(process.execPath, [join(project, 'jobs/cli.ts'), ...argv], { cwd: home, stdio: ['ignore', 'pipe', 'pipe'] });
  const ending = (child: ChildProcess): Promise<Ended> => {
    const [out, err]: [string[], string[]] = [[], []];
    child.stdout!.on('data', (text) => out.push(String(text)));
    child.stderr!.on('data', (text) => err.push(String(text)));
    return new Promise((resolve) =>
      child.once('close', (code) => resolve({ code, out: out.join(''), err: err.join('') })),
    );
  };
  const socratic = (...argv: string[]) => ending(start(...argv));
  const succeeds = async (...argv: string[]): Promise<Ended> => {
    const ended = await socratic(...argv);
    expect(ended.code, `${argv.join(' ')}\n${ended.err.slice(-2000)}`).toBe(0);
    return ended;
  };
  const digests = async (): Promise<Record<string, string>> =>
    Object.fromEntries(
      JSON.parse(
        (
          await succeeds(
            'sql',
            'select round, task_id, cosine::varchar as cosine, reward::varchar as reward from scores order by 1, 2',
            '--json',
          )
        ).out,
      ).map((row: Record<string, string>) => [`${row.round} ${row.task_id}`, `${row.cosine} ${row.reward}`]),
    );

  it('round 2 wants round 1', async () => {
    const { code, err } = await socratic('round', '2');
    expect([code, err]).toEqual([2, expect.stringContaining('fix: run make round N=1 first')]);
  });

  it('the trusted list is built, and built again the same', async () => {
    const made = await succeeds('validation-set', '--validation', '4', '--held-out', '4');
    expect(made.out).toMatch(/4 validation and 4 held-out tasks, digest [0-9a-f]{16}/);
    expect((await succeeds('validation-set', '--validation', '4', '--held-out', '4', '--check')).out).toContain(
      'rebuilt the same list',
    );
    expect((await socratic('validation-set', '--validation', '3', '--held-out', '4', '--check')).code).toBe(1);
  });

  it('two rounds run, and say what they came to', async () => {
    const one = await succeeds('round', '1');
    expect(one.out).toMatch(/Held-out repair/);
    for (const stage of ['prepare', 'trusted', 'generate', 'warm_start', 'evaluate'])
      expect(one.err).toMatch(new RegExp(`round 0 ${stage} `));
    const two = await succeeds('round', '2');
    expect(two.out).toMatch(/Round 2[\s\S]*Gates[\s\S]*Skills[\s\S]*Selection[\s\S]*Rounds so far/);
    expect((await succeeds('check')).out).toBe('every check is clean\n');
  });

  it('nothing changed: nothing runs', async () => {
    const { err } = await succeeds('round', '2');
    expect(err.match(/^round 2 .*/gm)!.filter((line) => !line.includes(' fresh '))).toEqual([]);
    const plan = JSON.parse((await succeeds('plan', '2', '--json')).out);
    expect(new Set(plan.map((row: { state: string }) => row.state))).toEqual(new Set(['fresh']));
    expect((await succeeds('why', 'score', '2')).out).toBe('nothing changed: the stage would not run\n');
  });

  it('a round is compared with another selection, out of the same candidates', async () => {
    const { out, err } = await succeeds('compare', '2', '--policy', 'hardness');
    const stages = (fresh: boolean) =>
      err.match(/^round 2 .*/gm)!.flatMap((line) => (line.includes(' fresh ') === fresh ? line.split(/ +/)[2]! : []));
    expect(stages(true)).toEqual(['distill', 'generate', 'validate', 'score']);
    expect(stages(false)).toEqual(['select', 'train', 'solve', 'evaluate']);
    expect(out.trim()).toMatch(/reports\/round-2\.html$/);
    expect(await readFile(out.trim(), 'utf8')).toMatch(/hardness/);
    const again = await succeeds('compare', '2', '--policy', 'hardness');
    expect(again.err.match(/^round 2 .*/gm)!.every((line) => line.includes(' fresh '))).toBe(true);
    expect((await succeeds('round', '2')).err.match(/^round 2 .*/gm)!.every((line) => line.includes(' fresh '))).toBe(
      true,
    );
    const refused = await socratic('compare', '2', '--policy', 'cos_unc');
    expect([refused.code, refused.err]).toEqual([2, expect.stringContaining('found: one by cos_unc')]);
  });

  it('a changed setting reruns what depends on it, and says so', async () => {
    const flag = ['--set', 'score.rollouts=9'];
    expect((await succeeds('why', 'score', '2', ...flag)).out).toBe('params.rollouts: 8 -> 9\n');
    const plan = JSON.parse((await succeeds('plan', '2', '--json', ...flag)).out) as {
      stage: string;
      state: string;
      reason: string;
    }[];
    const by = Object.fromEntries(plan.map((row) => [row.stage, `${row.state}: ${row.reason}`]));
    expect(by.validate).toBe('fresh: ');
    expect(by.score).toBe('would run: params.rollouts: 8 -> 9');
  });

  it('cards, tasks and traces can be looked at', async () => {
    for (const what of ['skills', 'tasks', 'traces']) {
      const rows = JSON.parse((await succeeds(what, 'ls', '--json')).out) as Record<string, string>[];
      expect(rows.length, what).toBeGreaterThan(0);
      const id = rows[0]![`${what.slice(0, -1)}_id`]!;
      expect((await succeeds(what, 'show', id)).out).toContain(id);
      const { code, err } = await socratic(what, 'show', id.slice(0, 4));
      if (rows.length > 1) expect([code, err]).toEqual([2, expect.stringMatching(/ids that begin so|no such id/)]);
    }
    expect(
      JSON.parse((await succeeds('status', '--json')).out).filter((r: { state: string }) => r.state === 'not run'),
    ).toEqual([]);
  });

  it('a task can be worked on in a folder, and what was done is judged', async () => {
    const rows = JSON.parse((await succeeds('tasks', 'ls', '--json')).out) as Record<string, string>[];
    const { task_id } = rows.find(({ gate }) => gate === 'passed')!;
    const opened = await succeeds('workspace', 'open', task_id!, 'work', '--json');
    expect(JSON.parse(opened.out)).toMatchObject({ task_id, commit: expect.stringMatching(/^[0-9a-f]{40}$/) });
    expect(await socratic('workspace', 'open', task_id!, 'work')).toMatchObject({ code: 2 });
    const untouched = await socratic('workspace', 'judge', task_id!, 'work');
    expect([untouched.code, untouched.out]).toEqual([1, expect.stringMatching(/not resolved: nothing_changed/)]);
    const failing = await socratic('workspace', 'test', task_id!, 'work', '--json');
    expect([failing.code, JSON.parse(failing.out).outcome]).toEqual([1, 'complete']);
    const [key] = JSON.parse(
      (await succeeds('sql', `select fix_patch from answer_keys where task_id = '${task_id}' limit 1`, '--json')).out,
    ) as [{ fix_patch: string }];
    execFileSync('git', ['apply', '-'], { cwd: join(home, 'work'), input: key.fix_patch });
    await writeFile(join(home, 'work/notes.txt'), 'what was tried');
    expect((await succeeds('workspace', 'test', task_id!, 'work')).out).toContain('passed');
    const repaired = await succeeds('workspace', 'judge', task_id!, 'work');
    expect(repaired.out).toMatch(/^resolved\nrepaired (\d+) of \1 failing tests, kept (\d+) of \2 passing ones\n$/);
    expect(repaired.err).toContain('not judged: notes.txt is new');
  });

  it('a lost part is said, and comes back the same', async () => {
    const before = await digests();
    const parts = join(home, 'data/warehouse/scores/round=1');
    await rm(join(parts, (await readdir(parts))[0]!));
    const asked = await socratic('sql', 'scores');
    expect([asked.code, asked.err]).toEqual([
      2,
      expect.stringMatching(/scores\/round=1[\s\S]*run make round N=1 again/),
    ]);
    const { err } = await succeeds('round', '1');
    const ran = err.match(/^round [01] .*/gm)!.filter((line) => !line.includes(' fresh '));
    expect(ran.map((line) => line.split(/ +/)[2])).toEqual(['score']);
    expect(await digests()).toEqual(before);
    expect(
      (await succeeds('round', '2')).err.match(/^round 2 .*/gm)!.filter((line) => !line.includes(' fresh ')),
    ).toEqual([]);
  });

  it('one job at a time; an interrupted one goes on', async () => {
    const first = start('round', '3');
    const ended = ending(first);
    await new Promise<void>((resolve) =>
      first.stderr!.on('data', (text) => /round 3 \w+/.test(String(text)) && resolve()),
    );
    const second = await socratic('round', '3');
    expect([second.code, second.err]).toEqual([2, expect.stringContaining(`found: process ${first.pid} on `)]);
    first.kill('SIGINT');
    const { code, err } = await ended;
    expect([code, err]).toEqual([130, expect.stringContaining('interrupted: the same command goes on')]);
    expect((await succeeds('round', '3')).err).toMatch(/round 3 distill +fresh/);
    expect((await succeeds('check')).out).toBe('every check is clean\n');
  });
});
