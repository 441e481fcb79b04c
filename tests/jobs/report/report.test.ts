import { mkdtemp, readdir, readFile, rm, stat, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseHTML } from 'linkedom';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sharedTasks } from '../../../jobs/report/against.ts';
import { sections } from '../../../jobs/report/chapters.ts';
import { pairedChange } from '../../../jobs/report/sections/training.ts';
import { endReport } from '../../../jobs/report/write.ts';
import { Database } from '../../../pipeline/warehouse/database.ts';
import { Warehouse } from '../../../pipeline/warehouse/store.ts';
import { plantRounds } from '../../planted-rounds/index.ts';
import { socratic } from '../run.ts';

let data: string;
beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), 'socratic-report-'));
  await plantRounds(data);
}, 120_000);
afterAll(() => rm(data, { recursive: true, force: true }));

const report = (n: number, ...argv: string[]) => socratic(['report', String(n), '--set', `data=${data}`, ...argv]);
const fileOf = (n: number) => join(data, 'reports', `round-${n}.html`);
const pages = new Map<number, string>();
/** The report of a round, written once. */
const pageOf = async (n: number) => {
  if (!pages.has(n)) {
    expect((await report(n)).code).toBe(0);
    pages.set(n, await readFile(fileOf(n), 'utf8'));
  }
  return pages.get(n)!;
};
const documentOf = async (n: number) => parseHTML(await pageOf(n)).document;

describe('the report of a round', () => {
  it('is written where the command says, the same bytes each time, and small', async () => {
    const ran = await report(2);
    expect(ran).toMatchObject({ code: 0, out: fileOf(2) });
    const first = await readFile(fileOf(2));
    await report(2, '--out', join(data, 'again.html'));
    expect((await readFile(join(data, 'again.html'))).equals(first)).toBe(true);
    expect(first.length).toBeLessThan(2 << 20);
  });

  it('has every chapter, each with a finding, charts with words and the queries behind them', async () => {
    const document = await documentOf(2);
    for (const { id, queries } of sections) {
      const section = document.querySelector(`[data-testid=section-${id}]`)!;
      expect(section.querySelector('.finding')!.textContent.length, id).toBeGreaterThan(20);
      expect(section.querySelectorAll('details.behind').length, id).toBe(queries.length);
      for (const chart of section.querySelectorAll('svg')) expect(chart.getAttribute('aria-label'), id).toBeTruthy();
      if (queries.length > 0) expect(section.querySelectorAll('svg').length, id).toBeGreaterThan(0);
    }
  });

  it('shows queries with the round written in', async () => {
    const queries = [...(await documentOf(2)).querySelectorAll('pre.sql')].map((pre) => pre.textContent);
    expect(queries.length).toBeGreaterThan(15);
    expect(queries.filter((sql) => sql.includes('getvariable'))).toEqual([]);
    expect(queries.filter((sql) => /round [<=]+ 2|greatest\(0, 2 - 1\)|= 2/.test(sql)).length).toBe(queries.length);
  });

  it('asks nothing of the network and holds no script', async () => {
    const text = await pageOf(2);
    const document = parseHTML(text).document;
    expect(document.querySelectorAll('script, iframe, object, embed, form').length).toBe(0);
    const addresses = [...text.matchAll(/\s(?:src|href)="([^"]*)"/g)].map(([, address]) => address!);
    expect(addresses.filter((address) => !/^(#|data:,$)/.test(address))).toEqual([]);
    expect(text).not.toMatch(/@import|url\(/);
    expect(document.querySelector('meta[http-equiv]')!.getAttribute('content')).toContain("default-src 'none'");
  });

  it('counts the funnel as the tables do', async () => {
    const database = await Database.open({ threads: 1 });
    const read = async (table: string) =>
      database.rows(`select count(*)::integer as n from read_parquet('${data}/warehouse/${table}/round=2/*.parquet')`);
    const [[tasks], [selections]] = [await read('tasks'), await read('selections')];
    database.close();
    const finding = (await documentOf(2)).querySelector('#funnel .finding')!.textContent;
    expect(finding).toContain(`of ${tasks!.n} candidates`);
    expect(finding).toContain(`${selections!.n} were selected`);
  });

  it('draws the rounds that lack things: each chapter says what is missing', async () => {
    const document = await documentOf(0);
    expect(document.querySelector('#skills .finding')!.textContent).toContain('No skill card');
    expect(document.querySelector('#alignment .finding')!.textContent).toContain(
      'No task of this round has a gradient',
    );
    expect(document.querySelector('#stability svg')).toBe(null);
  });

  it('shows hostile text of traces as text', async () => {
    const text = await pageOf(1);
    expect(text).toContain('&lt;script&gt;repo()&lt;/script&gt;');
    expect(text).not.toMatch(/<script|<img|onerror="window|(?![\n\t])\p{Cc}/u);
  });
});

describe('against another selection', () => {
  it('compares the same round task by task', async () => {
    const other = await mkdtemp(join(tmpdir(), 'socratic-report-'));
    await plantRounds(other, { skill: 0.02 });
    const file = join(data, 'against.html');
    expect((await report(2, '--against', other, '--out', file)).code).toBe(0);
    const document = parseHTML(await readFile(file, 'utf8')).document;
    const says = document.querySelector('[data-testid=versus]')!.textContent;
    expect(says).toMatch(/selected by cos_unc: [\d.]+ % here, [\d.]+ % there/);
    expect(says).toContain('paired over 40 tasks');
    expect(document.querySelector('#training .legend')!.textContent).toContain('selected by cos_unc');
    await rm(other, { recursive: true });
  }, 60_000);

  it('joins by task, and leaves out what only one attempted', () => {
    const task = (task_id: string, repair_after: number) => ({ task_id, repair_after });
    expect(sharedTasks([task('a', 1), task('b', 0.5)], [task('a', 0.25), task('c', 1)])).toEqual([
      { task_id: 'a', repair_before: 0.25, repair_after: 1, change: 0.75 },
    ]);
  });

  it('of a folder without the round is one clear sentence', async () => {
    const ran = await report(2, '--against', join(data, 'nowhere'));
    expect(ran).toMatchObject({ code: 2, log: expect.stringContaining(`round 2 of ${join(data, 'nowhere')}`) });
  });
});

describe('what cannot be drawn', () => {
  it('a round that was never run is one clear sentence', async () => {
    const ran = await report(7);
    expect(ran.code).toBe(2);
    expect(ran.log).toContain('round 7');
    expect(ran.log).toContain('one of the rounds that were run: 0, 1, 2');
    await expect(stat(fileOf(7))).rejects.toThrow('ENOENT');
  });

  it('words for a round are refused', async () => {
    expect(await socratic(['report', 'two'])).toMatchObject({
      code: 2,
      log: expect.stringContaining('expected a round'),
    });
  });

  it('a damaged part leaves the old report alone, and ends a round without failing it', async () => {
    const before = await pageOf(2);
    const copy = await mkdtemp(join(tmpdir(), 'socratic-report-'));
    await plantRounds(copy, { rounds: 1, candidates: 12, attempted: 2, trusted: 4 });
    const folder = join(copy, 'warehouse/scores/round=1');
    await truncate(join(folder, (await readdir(folder))[0]!), 100);
    const ran = await socratic(['report', '1', '--set', `data=${copy}`]);
    expect(ran).toMatchObject({ code: 2, log: expect.stringContaining('that its manifest recorded') });
    const store = new Warehouse(join(copy, 'warehouse'), await Database.open({ threads: 1 }));
    expect(await endReport(store, 1, copy)).toMatch(/^No report: /);
    expect(await endReport(store, 9, copy)).toMatch(/^No report: round 9/);
    store.database.close();
    await expect(readdir(join(copy, 'reports'))).rejects.toThrow('ENOENT');
    await rm(copy, { recursive: true });
    expect(await readFile(fileOf(2), 'utf8')).toBe(before);
  });
});

describe('the paired change', () => {
  const task = (repair_before: number, repair_after: number) => ({
    repair_before,
    repair_after,
    change: repair_after - repair_before,
  });

  it('is each task against itself, with its interval', () => {
    const found = pairedChange([task(0, 0.5), task(0.5, 0.5), task(1, 0.5), task(0, 1)])!;
    expect(found).toMatchObject({ before: 0.375, after: 0.625, mean: 0.25, better: 2, worse: 1, same: 1 });
    expect(found.high - found.mean).toBeCloseTo((1.96 * Math.sqrt(1.25 / 3)) / 2, 10);
  });

  it('is nothing without a task attempted both times', () => {
    expect(pairedChange([])).toBe(null);
  });
});
