import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseHTML } from 'linkedom';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sections } from '../../../jobs/report/chapters.ts';
import { linksTo } from '../../../jobs/view/links.ts';
import { round } from '../../../jobs/view/pages/round.ts';
import { openReader } from '../../../jobs/view/reader.ts';
import type { Ask } from '../../../jobs/view/reply.ts';
import { addressOf, serve, type Viewer } from '../../../jobs/view/server.ts';
import { Database } from '../../../pipeline/warehouse/database.ts';
import { hostileTraceId, longTraceId } from '../../planted-rounds/attempts.ts';
import { plantRounds } from '../../planted-rounds/index.ts';
import { socratic } from '../run.ts';

let data: string;
let viewer: Viewer;
const complaints: string[] = [];
beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), 'socratic-view-'));
  await plantRounds(data);
  viewer = await serve(data, { log: (line) => complaints.push(line) });
}, 240_000);
afterAll(async () => {
  await viewer?.close();
  await rm(data, { recursive: true, force: true });
});

const get = (path: string, headers: Record<string, string> = {}) => fetch(`${viewer.address}${path}`, { headers });
const query = (given: Record<string, string>) => new URLSearchParams(given).toString();
const pageOf = async (path: string) => {
  const response = await get(path);
  expect(response.status, path).toBe(200);
  return parseHTML(await response.text()).document;
};
const countOf = async (path: string) => (await pageOf(path)).querySelector('.count')!.textContent;
/** A request as no browser would make it. */
const raw = (path: string, options: object): Promise<number> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(viewer.address);
    request({ hostname, port, path, ...options }, (response) => {
      response.resume();
      resolve(response.statusCode!);
    })
      .on('error', reject)
      .end();
  });

describe('who is answered', () => {
  it('nobody without the token', async () => {
    const { origin } = new URL(viewer.address);
    for (const path of [
      '/',
      '/tasks',
      '/assets/view.js',
      '/x/tasks',
      `${new URL(viewer.address).pathname.slice(0, -2)}/`,
    ])
      expect((await fetch(`${origin}${path}`)).status, path).toBe(403);
  });

  it('nobody who came by another name', async () => {
    const { pathname, host } = new URL(viewer.address);
    expect(await raw(pathname, { headers: { host: 'example.org' } })).toBe(403);
    expect(await raw(pathname, { headers: { host: host.replace('127.0.0.1', 'rebound.example.org') } })).toBe(403);
    expect(await raw(pathname, { headers: { host: host.replace('127.0.0.1', 'localhost') } })).toBe(200);
  });

  it('only who reads', async () => {
    const { pathname } = new URL(viewer.address);
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS'])
      expect(await raw(pathname, { method }), method).toBe(405);
    expect(await raw(pathname, { method: 'HEAD' })).toBe(200);
  });

  it('with headers that let nothing in and nothing out', async () => {
    for (const path of ['', 'tasks', 'assets/view.js', 'nowhere']) {
      const { headers } = await get(path);
      expect(headers.get('content-security-policy'), path).toContain("default-src 'none'; script-src 'self'");
      expect(headers.get('x-content-type-options'), path).toBe('nosniff');
      expect(headers.get('referrer-policy'), path).toBe('no-referrer');
    }
  });

  it('listens to this machine alone', () => {
    expect(new URL(viewer.address).hostname).toBe('127.0.0.1');
    expect(new URL(viewer.address).pathname).toMatch(/^\/[\w-]{24}\/$/);
  });
});

describe('pages', () => {
  it('a page that is not there says so and what is', async () => {
    for (const [path, says] of [
      ['nowhere', 'There is no page nowhere'],
      ['constructor', 'There is no page constructor'],
      ['round/9', 'Rounds that were run: 0, 1, 2'],
      ['task/task_none', 'There is no task'],
      ['trace/1/trace_none', 'There is no trace'],
      ['trace/any/trace_none', 'There is no trace'],
      ['skill/skill_none', 'There is no skill'],
    ] as const) {
      const response = await get(path);
      expect(response.status, path).toBe(404);
      expect(await response.text(), path).toContain(says);
    }
    expect(complaints).toEqual([]);
  });

  it('a task names the exports that it is in, and says when it is in none', async () => {
    const exportsOf = async (filter: string) => {
      const list = await pageOf(`tasks?round=2&${filter}`);
      const { origin } = new URL(viewer.address);
      const page = await fetch(`${origin}${list.querySelector('#list tbody a')!.getAttribute('href')}`);
      return parseHTML(await page.text()).document.querySelector('main')!.textContent!;
    };
    expect(await exportsOf('ended_at=selected')).toMatch(/rl \(verl\)2export_[0-9a-f]{16}[0-9a-f]{12}/);
    expect(await exportsOf('ended_at=execution')).toContain('It is in no export.');
  });

  it('the chapters of a round, linked to tasks, traces and cards', async () => {
    const document = await pageOf('round/2');
    const links = [...document.querySelectorAll('main a')].map((a) => a.getAttribute('href')!);
    for (const kind of ['/task/', '/trace/any/', '/skill/', '/tasks?round=2&ended_at='])
      expect(links.filter((link) => link.includes(kind)).length, kind).toBeGreaterThan(0);
    const { origin } = new URL(viewer.address);
    for (const kind of ['/task/', '/trace/any/', '/skill/', 'ended_at=']) {
      const response = await fetch(`${origin}${links.find((link) => link.includes(kind))}`);
      expect(response.status, kind).toBe(200);
    }
  });

  it('the top of a round comes before its chapters are drawn', async () => {
    const reader = await openReader(data);
    const at: Ask['at'] = (path, given = {}) => addressOf('token', path, given);
    const { body } = await round({
      reader,
      path: ['1'],
      query: new URLSearchParams(),
      at,
      links: linksTo(at),
      isPart: false,
    });
    const pieces = await Array.fromAsync(body as AsyncIterable<string>);
    expect(pieces.length).toBe(sections.length + 2);
    expect(pieces[0]).toContain('data-testid="headline"');
    expect(pieces[0]).not.toContain('<section');
    expect(pieces.join('')).toBe(
      await (await get('round/1')).text().then((text) => text.replaceAll(new URL(viewer.address).pathname, '/token/')),
    );
    reader.console.close();
    reader.database.close();
  });

  it('a reason of the funnel leads to as many tasks as it counts', async () => {
    const document = await pageOf('round/2');
    const { origin } = new URL(viewer.address);
    for (const row of document.querySelectorAll('#funnel table tbody tr')) {
      const link = row.querySelector('a[href*="ended_at="]');
      if (!link) continue;
      const list = parseHTML(await (await fetch(`${origin}${link.getAttribute('href')}`)).text()).document;
      const counted = row.querySelector('td.number')!.textContent;
      expect(list.querySelector('.count')!.textContent).toMatch(new RegExp(`^${counted} tasks?`));
    }
  });

  it('a task shows statement, gates, answer and attempts', async () => {
    const [first] = [...(await pageOf('tasks?ended_at=selected&round=2')).querySelectorAll('#list tbody a')];
    const path = first!.getAttribute('href')!.split('/').slice(2).join('/');
    const text = (await pageOf(path)).querySelector('main')!.textContent;
    for (const says of [
      'Find the cause in its sources',
      'semantics',
      'sealed: no Solver sees this',
      '+    if size >= limit:',
      'attempt',
    ])
      expect(text.toLowerCase()).toContain(says.toLowerCase());
  });

  it('round against round', async () => {
    const text = (await pageOf('compare?a=1&b=2')).querySelector('main')!.textContent;
    expect(text).toContain('Round 1 against round 2');
    expect(text).toContain('retired');
  });
});

describe('lists', () => {
  it('count, search, filter and sort as the tables do', async () => {
    expect(await countOf('tasks')).toMatch(/^288 tasks/);
    expect(await countOf('tasks?round=2')).toMatch(/^96 tasks/);
    expect(await countOf('tasks?round=2&q=tally')).not.toMatch(/^96 |^0 /);
    expect(await countOf('traces?outcome=resolved&round=1')).not.toMatch(/^0 /);
    const sorted = [...(await pageOf('tasks?sort=cosine.down')).querySelectorAll('#list tbody tr')].map((row) =>
      Number(row.querySelectorAll('td')[6]!.textContent.replace('−', '-')),
    );
    expect(sorted).toEqual([...sorted].sort((a, b) => b - a));
  });

  it('take hostile filters as values', async () => {
    for (const text of ["' or true --", "x'; drop table task_list; --", '%', '"', '\\']) {
      expect(await countOf(`tasks?${query({ repository: text })}`), text).toMatch(/^0 tasks/);
      expect(await countOf(`tasks?${query({ q: text, round: '2' })}`), text).not.toMatch(/^96/);
    }
    expect(await countOf('tasks?sort=cosine;drop.down')).toMatch(/^288/);
    expect(await countOf('tasks?page=-7')).toMatch(/^288/);
  });

  it('give the rows alone when only they are asked for', async () => {
    const text = await (await get('tasks?round=2', { 'x-part': '1' })).text();
    expect(text.startsWith('<div id="list"')).toBe(true);
  });
});

describe('traces', () => {
  it('hold a hundred steps, and fetch others by number', async () => {
    const document = await pageOf(`trace/1/${longTraceId}`);
    expect(document.querySelectorAll('.step').length).toBe(100);
    expect(document.querySelectorAll('.chunk.waiting').length).toBe(2);
    const part = parseHTML(await (await get(`trace/1/${longTraceId}?from=201`, { 'x-part': '1' })).text()).document;
    expect(part.querySelectorAll('.step').length).toBe(60);
    expect(part.querySelector('#step-260')!.textContent).toContain('Step 260 of the long walk.');
  });

  it('find text in steps and calls', async () => {
    expect(await (await get(`found/1/${longTraceId}?${query({ q: 'Step 77 of' })}`)).json()).toEqual([77]);
    expect(await (await get(`found/1/${longTraceId}?${query({ q: 'sed -n 200,' })}`)).json()).toEqual([200]);
    expect(await (await get(`found/1/${longTraceId}?${query({ q: 'THINKING' })}`)).json()).toHaveLength(37);
  });

  it.each(['', '?tab=diff', '?tab=tests', '?tab=about'])('show hostile text as text%s', async (tab) => {
    const response = await get(`trace/1/${hostileTraceId}${tab}`);
    const text = await response.text();
    const document = parseHTML(text).document;
    expect(document.querySelectorAll('script').length).toBe(1);
    expect(document.querySelectorAll('img, #planted, [onmouseover], [onerror]').length).toBe(0);
    expect(text).not.toMatch(/(?![\n\t])\p{Cc}|\u202e/u);
    expect(text.length).toBeLessThan(400_000);
  });

  it('hand out a megabyte on one line as plain text', async () => {
    const response = await get(`text/1/${hostileTraceId}/2?part=message`);
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect((await response.text()).length).toBe(1 << 20);
  });
});

describe('SQL', () => {
  const answerTo = async (sql: string) =>
    (await pageOf(`sql?${query({ query: sql })}`)).querySelector('main')!.textContent;

  it('answers what reads, and says what is wrong with the rest', async () => {
    expect(await answerTo('select 6 * 7 as answer')).toContain('1 rows in');
    expect(await answerTo('describe tasks')).toContain('problem_statement');
    for (const sql of [
      'drop view tasks',
      "copy tasks to 'x'",
      'select 1; select 2',
      'set lock_configuration = false',
      "attach ':memory:' as y",
    ])
      expect(await answerTo(sql), sql).toMatch(/Error|only queries|one query/i);
    expect(await answerTo("select * from read_text('/etc/hostname')")).toMatch(/Permission|disabled|not allowed/i);
    expect(await countOf('tasks')).toMatch(/^288/);
  });

  it.each(['csv', 'json', 'parquet'])('lets any answer leave as %s', async (as) => {
    const response = await get(`export?${query({ query: 'select round, task_id from tasks order by all', as })}`);
    expect(response.headers.get('content-disposition')).toBe(`attachment; filename="answer.${as}"`);
    const file = join(data, `answer.${as}`);
    await writeFile(file, new Uint8Array(await response.arrayBuffer()));
    const database = await Database.open({ threads: 1 });
    const [row] = await database.rows(
      `select count(*)::integer as n, count(distinct task_id)::integer as ids from '${file}'`,
    );
    database.close();
    expect(row).toEqual({ n: 288, ids: 288 });
  });

  it('leaves nothing behind in the cache', async () => {
    expect(await readdir(join(data, 'cache/view'))).toEqual([]);
  });

  it('refuses to export what writes', async () => {
    const response = await get(`export?${query({ query: `select 1) to '${data}/stolen.csv'; --`, as: 'parquet' })}`);
    expect(response.status).toBe(400);
    await expect(readFile(join(data, 'stolen.csv'))).rejects.toThrow('ENOENT');
  });
});

describe('the warehouse under it', () => {
  it('is read anew when a stage has finished', async () => {
    const copy = await mkdtemp(join(tmpdir(), 'socratic-view-'));
    const small = { candidates: 12, attempted: 2, trusted: 4, budget: 4, long_steps: 10 };
    await plantRounds(copy, { ...small, rounds: 1 });
    const other = await serve(copy, { log: () => {} });
    expect(await (await fetch(`${other.address}round/2`)).text()).toContain('There is no round 2');
    await plantRounds(copy, { ...small, rounds: 2 });
    expect((await fetch(`${other.address}round/2`)).status).toBe(200);
    await other.close();
    await rm(copy, { recursive: true });
  }, 120_000);

  it('that is damaged is said in a sentence', async () => {
    const copy = await mkdtemp(join(tmpdir(), 'socratic-view-'));
    await plantRounds(copy, { rounds: 0, candidates: 6, attempted: 1, trusted: 2 });
    const folder = join(copy, 'warehouse/tasks/round=0');
    await writeFile(join(folder, (await readdir(folder))[0]!), 'no parquet');
    const ran = await socratic(['view', '--set', `data=${copy}`]);
    expect(ran).toMatchObject({ code: 2, log: expect.stringContaining('that its manifest recorded') });
    await rm(copy, { recursive: true });
  }, 120_000);

  it('that is empty has a page all the same', async () => {
    const copy = await mkdtemp(join(tmpdir(), 'socratic-view-'));
    const other = await serve(copy, { log: () => {} });
    for (const path of ['', 'tasks', 'traces', 'skills', 'sql', 'tables'])
      expect((await fetch(`${other.address}${path}`)).status, path).toBe(200);
    expect((await fetch(`${other.address}compare`)).status).toBe(404);
    await other.close();
    await rm(copy, { recursive: true });
  }, 60_000);
});
