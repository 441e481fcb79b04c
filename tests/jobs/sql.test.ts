import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { csvOf } from '../../jobs/csv.ts';
import { complete, openShell } from '../../jobs/sql-shell.ts';
import { Database } from '../../pipeline/warehouse/database.ts';
import { socratic } from './run.ts';

let folder: string;
let database: Database;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'socratic-sql-'));
  database = await Database.open({ threads: 1 });
  await database.run("create table traces as select 'trace_1' as trace_id, 7 as step_count");
});
afterAll(() => {
  database.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Types lines into the shell and returns what it shows. */
async function type(...lines: string[]): Promise<string> {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const shown: Buffer[] = [];
  output.on('data', (chunk: Buffer) => shown.push(chunk));
  input.end(`${lines.join('\n')}\n`);
  await openShell(database, {
    history: join(folder, 'history'),
    listing: async () => [{ name: 'traces' }],
    input,
    output,
  });
  return Buffer.concat(shown).toString('utf8');
}

describe('the shell', () => {
  it('answers queries over several lines, names, and its own commands', async () => {
    const shown = await type(
      'select step_count',
      '  from traces;',
      'traces',
      '.tables',
      '.columns traces',
      '.nonsense',
      '.quit',
    );
    expect(shown).toMatch(/step_count\n─+\n +7\n1 rows/);
    expect(shown).toMatch(/trace_id +step_count\n/);
    expect(shown).toContain('VARCHAR');
    expect(shown).toContain('unknown command .nonsense');
  });

  it('goes on after an error, and changes nothing', async () => {
    const shown = await type('selct 1;', 'drop table traces;', 'select count(*) as n from traces;');
    expect(shown).toMatch(/error: .*Parser Error/);
    expect(shown).toContain('error: only queries that read');
    expect(shown).toMatch(/n\n─\n1\n1 rows/);
  });

  it('remembers what was asked', async () => {
    await type('select', '42;');
    expect(readFileSync(join(folder, 'history'), 'utf8')).toContain('select 42;\n');
  });

  it('completes tables and columns', async () => {
    expect(await complete(database, 'select * from tra')).toEqual([expect.arrayContaining(['traces']), 'tra']);
    expect(await complete(database, 'select step from traces where step_c')).toEqual([
      expect.arrayContaining(['step_count']),
      'step_c',
    ]);
  });
});

describe('output for machines', () => {
  it('writes CSV that spreadsheets read', () => {
    expect(csvOf([{ a: 1, b: 'x, "y"\nz', c: null, d: ['p', 'q'] }])).toBe(
      'a,b,c,d\r\n1,"x, ""y""\nz",,"[""p"",""q""]"',
    );
    expect(csvOf([])).toBe('');
  });

  it('--csv and --parquet', async () => {
    const over = ['--set', `data=${folder}`];
    expect((await socratic(['sql', 'select 1 as a, 2 as b', '--csv', ...over])).out).toBe('a,b\r\n1,2');
    const file = join(folder, 'out.parquet');
    expect(await socratic(['sql', 'select range as n from range(5);', '--parquet', file, ...over])).toMatchObject({
      code: 0,
      log: `wrote 5 rows to ${file}`,
    });
    expect(await database.rows(`select sum(n)::integer as s from read_parquet('${file}')`)).toEqual([{ s: 10 }]);
  });

  it('writes no file but the one asked for, whatever the query says', async () => {
    const [wanted, other] = [join(folder, 'wanted.parquet'), join(folder, 'other.parquet')];
    const ran = await socratic([
      'sql',
      `select 1) to '${other}'; copy (select 2`,
      '--parquet',
      wanted,
      '--set',
      `data=${folder}`,
    ]);
    expect(ran.code).toBe(2);
    expect([existsSync(wanted), existsSync(other)]).toEqual([false, false]);
  });
});
