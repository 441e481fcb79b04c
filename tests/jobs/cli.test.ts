import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commands } from '../../jobs/cli.ts';
import { parseTrusted } from '../../jobs/engine.ts';
import { Database } from '../../pipeline/warehouse/database.ts';
import { Warehouse } from '../../pipeline/warehouse/store.ts';
import { Verdicts } from '../../schemas/verdicts.ts';
import { socratic } from './run.ts';

let folder: string;
/** Tables of one round, one of its parts lost, one of its manifests cut short. */
const at = (name: 'empty' | 'good' | 'lost' | 'cut' | 'changed'): string => join(folder, name);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cli-'));
  for (const name of ['good', 'lost', 'cut', 'changed'] as const) {
    const database = await Database.open({ threads: 1 });
    const store = new Warehouse(join(at(name), 'warehouse'), database);
    const ingredients = { stage: 'validate', version: 1, params: {}, seed: '', ports: {}, schemas: {}, inputs: {} };
    const rows = [{ ...verdict, detail: 'red \u001b[31malert\u001b[0m \u009b2J' }];
    const made = await store.commit({ fingerprint: 'f', ingredients, round: 1, dropped: {}, wall_ms: 5 }, [
      { table: Verdicts, rows },
    ]);
    const part = join(store.root, made.outputs.verdicts!.files[0]!.path);
    if (name === 'lost') await rm(part);
    if (name === 'changed') await writeFile(part, 'not what it was');
    if (name === 'cut') await writeFile(join(store.root, 'manifests/round=1/validate.json'), '{"finger');
    database.close();
  }
  await mkdir(at('empty'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const verdict = {
  task_id: 'task_1',
  gate: 'format' as const,
  gate_index: 1,
  passed: false,
  reason_code: 'syntax_error',
  detail: '',
  run_count: 0,
  evidence: '{}',
  harness_id: 'h',
  wall_ms: 0,
};

describe('exit codes and sentences', () => {
  type Place = Parameters<typeof at>[0];
  const cases: [argv: string[], code: number, said: RegExp, place?: Place][] = [
    [['rond', '1'], 2, /^unknown command rond: did you mean socratic round\?\nsocratic <command>/],
    [['skils'], 2, /did you mean socratic skills\?/],
    [
      ['round', '0'],
      2,
      /^round: n: rounds start at 1; round 0 is the bootstrap and runs by itself; found 0\n {2}fix: see socratic round --help$/,
    ],
    [['round', 'two'], 2, /^round: n: expected a whole number from 1 up; found two\n {2}fix/],
    [['round', '1.5'], 2, /expected a whole number from 1 up; found 1\.5/],
    [['round', ''], 2, /rounds start at 1/],
    [['round'], 2, /n: expected a whole number from 1 up; found nothing/],
    [['round', '1', '2'], 2, /unexpected argument 2/],
    [['round', '--nonsense', '1'], 2, /Unknown option '--nonsense'\n {2}fix: .*see socratic round --help/],
    [['status', '--jsno'], 2, /Unknown option '--jsno'\n {2}fix: did you mean --json\? see socratic status --help/],
    [['status', '--config'], 2, /status: .*--config.*\n {2}fix: see socratic status --help/],
    [['status', '--json=yes'], 2, /--json.*does not take an argument\n {2}fix/],
    [['skills', 'shw'], 2, /skills: action: .*"ls"\|"show".*found shw/],
    [['skills', 'show'], 2, /expected: a skill id\n {2}found: nothing\n {2}fix: socratic skills ls/],
    [['skills', 'show', "x'y"], 2, /skills show x'y\n.*\n {2}found: no such id/],
    [['tasks', 'ls', '--round', 'two'], 2, /--round: /],
    [['why', 'score', 'two'], 2, /^why: n: expected a whole number from 0 up; found two/],
    [['why', 'scor', '1'], 2, /expected: a stage of round 1: distill, .*\n {2}found: scor/],
    [['sql'], 2, /expected: a query.*\n {2}found: nothing/],
    [['sql', 'selct 1'], 2, /expected: a query that DuckDB can run\n {2}found: Parser Error/],
    [['sql', 'no_such_table'], 2, /no_such_table does not exist/],
    [['sql', "select * from read_text('/etc/passwd')"], 2, /found: Permission Error/],
    [['sql', 'drop view verdicts'], 2, /found: only queries that read/],
    [['sql', 'set lock_configuration = false'], 2, /found: only queries that read/],
    [['sql', 'select 1; select 2'], 2, /found: one query at a time, found 2/],
    [['sql', '--file', '/no/such.sql'], 2, /--file\n {2}expected: a file with SQL\n {2}found: ENOENT/],
    [
      ['round', '2'],
      2,
      /^round: round 2\n {2}expected: round 1 finished\n {2}found: its stage distill has not run\n {2}fix: run make round N=1 first$/,
    ],
    [['round', '3'], 2, /fix: run make round N=2 first$/, 'good'],
    [['status', '--set', 'workers'], 2, /--set workers\n {2}expected: key=value/],
    [
      ['sql', 'verdicts'],
      2,
      /verdicts\/round=1\/.*\n.*its manifest recorded.*\n {2}found: no such file\n {2}fix: run make round N=1 again/,
      'lost',
    ],
    [['sql', 'verdicts'], 2, /found: sha256 [0-9a-f]{12}\n {2}fix: run make round N=1 again/, 'changed'],
    [['check'], 2, /found: no such file/, 'lost'],
    [
      ['status'],
      2,
      /validate\.json\n {2}expected: a stage manifest in JSON\n {2}found: .*JSON.*\n {2}fix: delete the file/,
      'cut',
    ],
    [['round', '2'], 2, /validate\.json\n {2}expected: a stage manifest/, 'cut'],
  ];
  it.each(cases)('%j exits %s', async (argv, code, said, place = 'empty') => {
    const settings = commands[argv[0]!] ? ['--set', `data=${at(place)}`] : [];
    const ran = await socratic([...argv, ...settings]);
    expect(`${ran.code}\n${ran.log}`).toBe(`${code}\n${ran.log}`);
    expect(ran.log).toMatch(said);
    expect(ran.log).not.toMatch(/\n\s+at /);
    expect(ran.out).toBe('');
  });

  it.each([[['--help']], [['help']], [[]]])('%j shows every command', async (argv) => {
    const { code, out } = await socratic(argv as string[]);
    expect(code).toBe(0);
    for (const [name, { summary }] of Object.entries(commands))
      expect(out).toMatch(new RegExp(`${name} +${summary.slice(0, 20)}`));
  });

  it.each(Object.keys(commands))('%s --help says what it takes', async (name) => {
    const { code, out, log } = await socratic([name, '--help']);
    expect([code, log]).toEqual([0, '']);
    expect(out).toMatch(new RegExp(`^socratic ${name}.*: `));
    expect(out).toContain('--config');
  });
});

describe('what is printed', () => {
  const over = (place: Parameters<typeof at>[0]) => ['--set', `data=${at(place)}`];

  it('an empty warehouse is not an error to look at', async () => {
    expect(await socratic(['status', ...over('empty')])).toMatchObject({
      code: 0,
      out: 'no round has been run: make round N=1',
    });
    expect(await socratic(['skills', ...over('empty')])).toMatchObject({ code: 0, out: '(no rows)' });
    expect(await socratic(['check', ...over('empty')])).toMatchObject({ code: 0, out: 'every check is clean' });
  });

  it('data as tables for people, as JSON for machines, and nothing that steers a terminal', async () => {
    const query = ['sql', 'select task_id, detail, round from verdicts', ...over('good')];
    const table = await socratic(query);
    expect(table.code).toBe(0);
    expect(table.out).toContain('red [31malert [0m');
    expect(table.out).not.toMatch(/(?!\n)\p{Cc}/u);
    const [row] = JSON.parse((await socratic([...query, '--json'])).out);
    expect(row).toEqual({ task_id: 'task_1', detail: 'red \u001b[31malert\u001b[0m \u009b2J', round: 1 });
  });

  it('asking changes nothing on the disk', async () => {
    const file = join(at('good'), 'x.csv');
    const { code, log } = await socratic(['sql', `copy (select 1) to '${file}'`, ...over('good')]);
    expect([code, existsSync(file)]).toEqual([2, false]);
    expect(log).toContain('only queries that read');
  });

  it('a wrong row fails the check, with the row', async () => {
    const { code, out, log } = await socratic(['check', ...over('good')]);
    expect(code).toBe(1);
    expect(out).toBe('1 checks found wrong rows');
    expect(log).toMatch(/check every_candidate_judged: 1 wrong rows[\s\S]*task_1/);
  });

  it('takes a number after a flag that wants one', async () => {
    const list = async (round: string) =>
      JSON.parse((await socratic(['tasks', 'ls', '--round', round, '--json', ...over('good')])).out);
    expect(await list('2')).toEqual([]);
  });

  it('lists tables and marts, and asks a mart by name', async () => {
    expect((await socratic(['sql', '--list', ...over('empty')])).out).toMatch(/gate_funnel +mart/);
    expect((await socratic(['sql', 'gate_funnel', '--json', ...over('good')])).out).toContain(
      '"reason_code":"syntax_error"',
    );
  });

  it('the state of stages', async () => {
    const rows = JSON.parse((await socratic(['status', '--json', ...over('good')])).out);
    expect(rows.find((r: { stage: string }) => r.stage === 'validate')).toEqual({
      round: 1,
      stage: 'validate',
      state: 'finished',
      seconds: 0.005,
      rows: 'verdicts 1',
    });
    expect(rows.find((r: { stage: string }) => r.stage === 'score')).toMatchObject({ state: 'not run' });
  });
});

describe('the pinned list of trusted tasks', () => {
  it.each([
    [null, /no such file/],
    ['{', /JSON/],
    ['{}', /digest: /],
    [JSON.stringify({ digest: '0'.repeat(64), tasks: [] }), /tasks with digest \w{12}, the file says 000000000000/],
    [JSON.stringify({ digest: '0'.repeat(64), tasks: [{}] }), /tasks\.0\./],
  ])('%s is refused', (text, said) => {
    expect(() => parseTrusted(text)).toThrow(said);
    expect(() => parseTrusted(text)).toThrow(/fix: restore it from git, or rebuild it with make validation-set/);
  });
});
